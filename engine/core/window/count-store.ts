/**
 * The state of a stage of counted windows (W7): records come in by partition and offset, each group of
 * a partition fills one window after the other, and a window leaves when it is full.
 *
 *     partition 0   a a b a a b a      size 3      a/0 [a a a)  a/1 [a a …      b/0 [b b …
 *     partition 1   b b b a                        b/0 [b b b)  a/0 [a …
 *
 * Time has no part in it: nothing is late, no frontier closes anything, and of what is not full only
 * the end of the input (T7) makes rows. In the rows of `close` the partition stands where other
 * windows have their start, and the window's number within its group where they have their end.
 */
import type { Layout } from '../aggregate/layout.ts';
import { layoutOf } from '../aggregate/layout.ts';
import type { KeyOrder } from '../key.ts';
import type { ClosedWindows } from './closed-windows.ts';
import { WindowRows } from './closed-windows.ts';
import { partsOfCounts, readCounts } from './count-snapshot.ts';
import { CountTable } from './count-table.ts';
import type { GroupCount, WindowCounters } from './counters.ts';
import { addCounts, noCounters } from './counters.ts';
import type { MergeCounts } from './merge.ts';
import { sourceOf } from './merge.ts';
import type { OpenWindows, StoreSnapshot, WindowPlan } from './open-windows.ts';
import type { PartialColumns } from './partial.ts';
import type { SnapshotPart } from './snapshot.ts';
import type { CountShape } from './window.ts';

/** Open windows that count records. */
export class CountStore implements OpenWindows {
  /** No instant is closed or condemned. */
  readonly forcedFrontier = -Infinity;
  readonly frontier = -Infinity;
  readonly outputStartsAt = -Infinity;
  readonly #plan: WindowPlan<CountShape>;
  readonly #order: () => KeyOrder;
  readonly #layout: Layout;
  #table: CountTable;
  #closedFrontier = -Infinity;
  #counters = noCounters;

  constructor(plan: WindowPlan<CountShape>, order: () => KeyOrder) {
    this.#plan = plan;
    this.#order = order;
    this.#layout = layoutOf(plan.accumulators);
    this.#table = new CountTable(this.#layout, plan.shape.size);
  }

  /** Infinity once the input has ended and all is out. */
  get closedFrontier(): number {
    return this.#closedFrontier;
  }

  get outputWatermark(): number {
    return this.#closedFrontier;
  }

  get counters(): WindowCounters {
    return this.#counters;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  merge(table: PartialColumns): MergeCounts {
    const { length: merged, partition } = table;
    if (merged > 0) {
      this.#table = this.#table.writable();
      this.#table.mergeRows(sourceOf(this.#layout, table), partition, byOffset(table));
    }
    const contributed = this.#counters.contributed + merged;
    this.#counters = { ...this.#counters, contributed };
    const late = { late: 0, lateIdle: 0, unseen: 0, latePartial: 0, latePartialIdle: 0 };
    return { merged, contributed: merged, ...late };
  }

  /** Idleness ends no window. */
  force(): void {
    // Nothing to condemn.
  }

  passesAnEnd(): boolean {
    return false;
  }

  isDue(watermark: number): boolean {
    return (
      this.#table.full.length > 0 || (watermark === Infinity && watermark > this.#closedFrontier)
    );
  }

  /** Counting begins with the first record read, wherever that is. */
  startAt(): void {
    // Every window is complete.
  }

  /** Full windows in the order in which they were; at the end of the input all. O(rows). */
  close(watermark: number, maxRows = Infinity): ClosedWindows {
    const rows = new WindowRows(this.#plan.results, this.#layout.placed, this.#order);
    if (this.isDue(watermark)) this.#table = this.#table.writable();
    const table = this.#table;
    if (watermark === Infinity) table.end();
    const { full, groups } = table;
    let closed = 0;
    for (; closed < full.length && rows.length < maxRows; closed++) {
      const row = full[closed] as number;
      const group = table.groupOf[row] as number;
      rows.appendRow(table.rows, row, {
        key: groups.keys[group] as number,
        windowStart: groups.partitions[group] as number,
        windowEnd: table.indexOf[row] as number,
      });
    }
    const more = closed < full.length;
    if (closed > 0) table.dropFull(closed);
    if (watermark === Infinity && !more) this.#closedFrontier = Infinity;
    const { emitted, failed } = this.#counters;
    this.#counters = {
      ...this.#counters,
      emitted: addCounts(emitted, rows.emitted),
      failed: addCounts(failed, rows.failed),
    };
    return rows.take(more);
  }

  /** None: a row of a window that is not full could not be told from one that is. */
  openProvisional(): ClosedWindows {
    return new WindowRows(this.#plan.results, this.#layout.placed, this.#order).take(false);
  }

  openGroups(): GroupCount {
    const { groupOf, rows, count } = this.#table;
    let contributions = 0;
    for (let row = 0; row < rows.length; row++) {
      if ((groupOf[row] as number) >= 0) contributions += rows.records[row] as number;
    }
    return { groups: count, contributions };
  }

  snapshot(): StoreSnapshot {
    const table = this.#table;
    table.shares++;
    const state = { counters: this.#counters, closedFrontier: this.#closedFrontier };
    return { parts: partsOfCounts(state, table), release: () => table.shares-- };
  }

  restore(parts: Iterable<SnapshotPart>): void {
    const table = new CountTable(this.#layout, this.#plan.shape.size);
    const { counters, closedFrontier } = readCounts(parts, table);
    this.#table = table;
    this.#counters = counters;
    this.#closedFrontier = closedFrontier;
  }

  liveKeys(): Uint8Array {
    const ids = this.#table.groups.keys.subarray(0, this.#table.groups.length);
    const live = new Uint8Array(ids.reduce((a, b) => Math.max(a, b), -1) + 1);
    for (const id of ids) live[id] = 1;
    return live;
  }

  remapKeys(map: Int32Array): void {
    this.#table = this.#table.writable();
    this.#table.groups.remapKeys(map);
  }
}

/** By offset, then by the number of a row among those of its record, then as they come. */
function byOffset({ pane: offsets, index, length }: PartialColumns): Int32Array {
  const rows = Int32Array.from({ length }, (_, row) => row);
  const compare = (a: number, b: number): number =>
    (offsets[a] as number) - (offsets[b] as number) || (index?.[a] ?? 0) - (index?.[b] ?? 0);
  const isSorted = rows.every((row) => row === 0 || compare(row - 1, row) <= 0);
  return isSorted ? rows : rows.sort(compare);
}
