/**
 * Pausing of one source, for two reasons at once: the byte ledger is full (all partitions), or a
 * partition is too far ahead of the others (T6). A partition flows when neither holds it.
 */
import type { SourcePort } from './ports.ts';

/** Keeps a source's partitions paused as the reasons say, with no call repeated. */
export class Valve {
  readonly #port: Pick<SourcePort, 'pause' | 'resume'>;
  #full = false;
  #ahead: ReadonlySet<number> = new Set();

  constructor(port: Pick<SourcePort, 'pause' | 'resume'>) {
    this.#port = port;
  }

  /** Partitions held back because they are ahead. */
  get ahead(): ReadonlySet<number> {
    return this.#ahead;
  }

  /** True while everything is paused for want of room. */
  get full(): boolean {
    return this.#full;
  }

  /** The ledger became full, or has room again. */
  setFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    if (full) this.#port.pause();
    else {
      this.#port.resume();
      if (this.#ahead.size > 0) this.#port.pause([...this.#ahead]);
    }
  }

  /** The partitions that are too far ahead now. */
  setAhead(ahead: ReadonlySet<number>): void {
    const before = this.#ahead;
    this.#ahead = ahead;
    if (this.#full) return;
    const pause = [...ahead].filter((partition) => !before.has(partition));
    const resume = [...before].filter((partition) => !ahead.has(partition));
    if (pause.length > 0) this.#port.pause(pause);
    if (resume.length > 0) this.#port.resume(resume);
  }
}
