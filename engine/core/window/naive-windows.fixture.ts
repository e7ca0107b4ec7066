/**
 * The oracle of the window tests: rules W1–W4 taken literally, record by record. Knows nothing of
 * panes, slices or columns.
 */

/** One record of a test. `value: null` is a null input. */
export interface NaiveRecord {
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly key: number;
  readonly value: number | null;
}

export interface NaiveShape {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly grace: number;
  readonly outOfOrder: number;
}

/** The records of each row by `end/key/start`, and what was late. */
export class NaiveWindows {
  readonly rows = new Map<string, NaiveRecord[]>();
  late = 0;
  latePartial = 0;
  lateIdle = 0;
  readonly #shape: NaiveShape;
  readonly #maxByPartition = new Map<number, number>();

  constructor(shape: NaiveShape) {
    this.#shape = shape;
  }

  watermarkOf(partition: number): number {
    return (this.#maxByPartition.get(partition) ?? -Infinity) - this.#shape.outOfOrder;
  }

  /** `frontier`: windows up to here were closed by idleness. */
  add(record: NaiveRecord, frontier = -Infinity): void {
    const { partition, time, key } = record;
    const { size, slide, offset, grace } = this.#shape;
    const watermark = this.watermarkOf(partition);
    this.#maxByPartition.set(
      partition,
      Math.max(time, this.#maxByPartition.get(partition) ?? -Infinity),
    );
    let late = 0;
    let idle = 0;
    const open: number[] = [];
    const newest = Math.floor((time - offset) / slide) * slide + offset;
    for (let start = newest; start + size > time; start -= slide) {
      if (start + size + grace <= watermark) late++;
      else if (start + size + grace <= frontier) idle++;
      else open.push(start);
    }
    if (open.length === 0) {
      if (idle > 0) this.lateIdle++;
      else this.late++;
      return;
    }
    if (late > 0) this.latePartial++;
    for (const start of open) {
      const name = `${String(start + size)}/${String(key)}/${String(start)}`;
      const records = this.rows.get(name) ?? [];
      this.rows.set(name, records);
      records.push(record);
    }
  }
}
