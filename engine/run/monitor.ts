/** Looks at a running graph: progress, lag, whether the ends have been reached. */
import type { GraphParts } from '../graph/build.ts';
import { type PartitionCounts, partitionCounts, total } from '../graph/tally.ts';
import { type Progress, Rate } from './progress.ts';

/** End offsets by source and partition. */
export type Ends = readonly ReadonlyMap<number, number>[];

/** How far a partition has been read, and what became of its records (over restarts). */
export interface PartitionProgress {
  readonly source: string;
  readonly partition: number;
  /** The offset behind the last record merged. */
  readonly nextOffset: number;
  /** The end of the log as last heard; null where there is none to know. */
  readonly endOffset: number | null;
  readonly counts: Readonly<PartitionCounts>;
}

/** Watches one run. */
export class Monitor {
  state: Progress['state'] = 'running';
  readonly #parts: GraphParts;
  readonly #startedMs = performance.now();
  readonly #records: Rate;
  readonly #rows: Rate;
  readonly #recordsBefore: number;
  readonly #rowsBefore: number;
  #asking = false;

  constructor(parts: GraphParts) {
    this.#parts = parts;
    this.#records = new Rate(this.#startedMs);
    this.#rows = new Rate(this.#startedMs);
    this.#recordsBefore = total(parts.tally.records);
    this.#rowsBefore = total(parts.tally.written);
  }

  /** What is happening now. */
  look(): Progress {
    const { tally, ledger, acks, sources } = this.#parts;
    const now = performance.now();
    const records = total(tally.records) - this.#recordsBefore;
    const rows = total(tally.written) - this.#rowsBefore;
    const watermarks = sources.map(({ clock }) => clock.watermark());
    const watermark = Math.min(...watermarks);
    const late = [...tally.windows.values()].reduce((sum, w) => sum + w.late + w.lateIdle, 0);
    const draining = this.state === 'draining';
    const { user, system } = process.cpuUsage();
    return {
      state: this.state,
      elapsedMs: now - this.#startedMs,
      cpuMs: (user + system) / 1000,
      records,
      recordsPerSecond: this.#records.look(records, now),
      rows,
      rowsPerSecond: this.#rows.look(rows, now),
      lag: this.#lag(),
      watermark: Number.isFinite(watermark) ? watermark : null,
      heldBy: this.#heldBy(watermark, watermarks),
      inFlightBytes: ledger.frames.heldBytes + ledger.rows.heldBytes,
      backPressure: ledger.frames.full || ledger.rows.full,
      late,
      deadLetters: total(tally.letters),
      waitingFor: draining && acks.pending > 0 ? `${acks.pending} writes` : null,
    };
  }

  /** How far each partition has been read. */
  partitions(): PartitionProgress[] {
    const { sources, tally } = this.#parts;
    return sources.flatMap(({ node, positions, ends }) =>
      Array.from(positions, ([partition, { nextOffset }]) => ({
        source: node.name,
        partition,
        nextOffset,
        endOffset: ends.get(partition) ?? null,
        counts: { ...partitionCounts(tally, node.name, partition) },
      })),
    );
  }

  /**
   * Asks for the ends of logs, so that lag is known while nothing is fetched. Does nothing while an
   * answer is awaited; a source that cannot answer keeps its last known ends.
   */
  async refreshEnds(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const unbounded = this.#parts.sources.filter(({ node }) => !node.bounded);
    const answers = await Promise.allSettled(unbounded.map(({ port }) => port.ends()));
    answers.forEach((answer, i) => {
      if (answer.status === 'rejected') return;
      for (const [partition, end] of answer.value) unbounded[i]?.ends.set(partition, end);
    });
    this.#asking = false;
  }

  /** The ends of all sources at this moment. */
  endsNow(): Promise<Ends> {
    return Promise.all(this.#parts.sources.map(({ port }) => port.ends()));
  }

  /** True when everything before `ends` has been merged. */
  reached(ends: Ends): boolean {
    return this.#parts.sources.every(({ positions, caughtUp }, i) =>
      [...(ends[i] ?? [])].every(
        ([partition, end]) =>
          end === 0 ||
          (caughtUp.get(partition) ?? -1) >= end ||
          (positions.get(partition)?.nextOffset ?? -1) >= end,
      ),
    );
  }

  #lag(): number | null {
    let lag: number | null = null;
    for (const { ends, positions } of this.#parts.sources) {
      for (const [partition, end] of ends) {
        const next = positions.get(partition)?.nextOffset;
        if (next !== undefined) lag = (lag ?? 0) + Math.max(0, end - next);
      }
    }
    return lag;
  }

  #heldBy(watermark: number, watermarks: readonly number[]): string | null {
    const source = this.#parts.sources[watermarks.indexOf(watermark)];
    const partition = source?.clock.heldBy() ?? null;
    if (source === undefined || partition === null) return null;
    const name = this.#parts.sources.length > 1 ? `${source.node.name} ` : '';
    return `${name}partition ${partition}`;
  }
}
