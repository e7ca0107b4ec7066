/**
 * The clock of a stage that reads one source or several (T4, T5): the least watermark of all
 * partitions of all of them that are not idle.
 *
 *     source a  partition 0  ──────●          a is all idle: it does not count
 *     source b  partition 0  ────────────●    W
 *     source b  partition 1  ───────────────────●
 *
 * It is told what each source's clock says with the records that moved it, in the order in which
 * the stage takes these: so it is never ahead of what the stage has merged. All instants are epoch ms.
 */
import { type SourceTimes, watermarkOf } from './watermark.ts';

/** The clock of one stage. What is to be known after a restart follows from the sources' clocks. */
export class StageClock {
  readonly #sources: Map<string, SourceTimes>;
  /** Polled time of each source at the moment when the last partition of all became idle. */
  #idleFrom: ReadonlyMap<string, number> | null = null;
  #watermark = -Infinity;
  #settled = -Infinity;

  /** `sources`: what each of them says at the start, by name. */
  constructor(sources: Iterable<readonly [source: string, times: SourceTimes]>) {
    this.#sources = new Map(sources);
    this.#advance();
  }

  /** The part of the watermark that owes nothing to idleness; never goes back. */
  settled(): number {
    return this.#settled;
  }

  /** W where idleness has put it ahead of `settled`: it needs a snapshot before its rows (T5). */
  forced(): number | null {
    return this.#watermark > this.#settled ? this.#watermark : null;
  }

  /** A source's clock says something else. O(sources). */
  hear(source: string, times: SourceTimes): void {
    this.#sources.set(source, times);
    this.#advance();
  }

  #advance(): void {
    const all = [...this.#sources.values()];
    const least = (of: (times: SourceTimes) => number): number => Math.min(...all.map(of));
    const [active, settled] = [least((each) => each.active), least((each) => each.settled)];
    const isIdle = active === Infinity && settled < Infinity;
    if (!isIdle) this.#idleFrom = null;
    else this.#idleFrom ??= new Map(Array.from(this.#sources, ([name, t]) => [name, t.polledMs]));
    const greatest = Math.max(...all.map((each) => each.greatest));
    const watermark = watermarkOf({ active, settled, greatest, polledMs: this.#polledMs() });
    this.#watermark = Math.max(this.#watermark, watermark);
    this.#settled = Math.max(this.#settled, settled);
  }

  /** Polled time since no partition is active, by the source that has polled least. */
  #polledMs(): number {
    const since = Array.from(this.#sources, ([name, { polledMs }]) =>
      // A source that has ended polls nothing.
      polledMs === Infinity ? Infinity : polledMs - (this.#idleFrom?.get(name) ?? 0),
    );
    return Math.min(...since);
  }
}
