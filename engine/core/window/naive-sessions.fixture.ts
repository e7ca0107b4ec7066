/**
 * The oracle of the session tests: rule W6 taken literally. Records that are not late are kept; which
 * sessions they make is looked at in the end, in the order of time.
 */
import type { NaiveRecord } from './naive-windows.fixture.ts';

export interface NaiveSessionShape {
  readonly gap: number;
  readonly max: number;
  readonly grace: number;
  readonly outOfOrder: number;
}

/** One session. */
export interface NaiveSession {
  readonly key: number;
  readonly first: number;
  readonly end: number;
  readonly records: readonly NaiveRecord[];
}

/** Records by partition, and what was late. */
export class NaiveSessions {
  late = 0;
  lateIdle = 0;
  readonly #shape: NaiveSessionShape;
  readonly #kept: NaiveRecord[] = [];
  readonly #maxByPartition = new Map<number, number>();

  constructor(shape: NaiveSessionShape) {
    this.#shape = shape;
  }

  watermarkOf(partition: number): number {
    return (this.#maxByPartition.get(partition) ?? -Infinity) - this.#shape.outOfOrder;
  }

  /** `frontier`: sessions that end there, grace included, were closed by idleness. */
  add(record: NaiveRecord, frontier = -Infinity): void {
    const { partition, time } = record;
    const { grace } = this.#shape;
    const watermark = this.watermarkOf(partition);
    const max = this.#maxByPartition.get(partition) ?? -Infinity;
    this.#maxByPartition.set(partition, Math.max(time, max));
    if (time + grace <= watermark) this.late++;
    else if (time + grace < frontier) this.lateIdle++;
    else this.#kept.push(record);
  }

  /** By key and time. */
  get sessions(): NaiveSession[] {
    const { gap, max } = this.#shape;
    const sorted = this.#kept.toSorted((a, b) => a.key - b.key || a.time - b.time);
    const sessions: { key: number; first: number; last: number; records: NaiveRecord[] }[] = [];
    for (const record of sorted) {
      const { key, time } = record;
      const before = sessions.at(-1);
      const joins =
        before?.key === key &&
        time - before.last < gap &&
        Math.floor(time / max) === Math.floor(before.first / max);
      const session = joins ? before : { key, first: time, last: time, records: [] };
      if (!joins) sessions.push(session);
      session.last = time;
      session.records.push(record);
    }
    return sessions.map(({ key, first, last, records }) => {
      const cut = (Math.floor(first / max) + 1) * max;
      return { key, first, end: Math.min(last + gap, cut), records };
    });
  }
}
