/** Feeds a store of windows and the naive form of the same windows with the same records. */
import type { MergeCounts } from './merge.ts';
import type { NaiveRecord } from './naive-windows.fixture.ts';
import { openStore } from './open-store.ts';
import type { OpenWindows, WindowPlan } from './open-windows.ts';
import { PartialBuilder } from './partial.ts';
import { type NaiveSlice, order, rowsOf, tableOf } from './window-drive.fixture.ts';

/** Windows held as their records. */
interface Naive {
  watermarkOf(partition: number): number;
  add(record: NaiveRecord, forcedFrontier: number): void;
}

/** Feeds slices one after the other; watermarks come from the oracle. */
export class StoreDrive<Shape extends { readonly outOfOrder: number }, Oracle extends Naive> {
  readonly shape: Shape;
  readonly naive: Oracle;
  readonly plan: WindowPlan;
  readonly builder: PartialBuilder;
  store: OpenWindows;
  readonly rows = new Map<string, string>();
  readonly counts = { merged: 0, late: 0, latePartial: 0, lateIdle: 0, unseen: 0 };
  readonly #partitions: number;

  constructor(of: { shape: Shape; naive: Oracle; plan: WindowPlan }, partitions: number) {
    this.shape = of.shape;
    this.naive = of.naive;
    this.plan = of.plan;
    this.#partitions = partitions;
    this.builder = new PartialBuilder(of.plan);
    this.store = openStore(of.plan, order);
  }

  get watermark(): number {
    const all = Array.from({ length: this.#partitions }, (_, p) => this.naive.watermarkOf(p));
    return Math.min(...all);
  }

  merge(slice: NaiveSlice): MergeCounts {
    const before = this.naive.watermarkOf(slice.partition);
    const counts = this.store.merge(tableOf(this.builder, slice, this.shape, before), before);
    const { forcedFrontier } = this.store;
    for (const record of slice.records) this.naive.add(record, forcedFrontier);
    for (const name of ['merged', 'late', 'latePartial', 'lateIdle', 'unseen'] as const) {
      this.counts[name] += counts[name];
    }
    return counts;
  }

  close(watermark: number, maxRows?: number): boolean {
    const closed = this.store.close(watermark, maxRows);
    rowsOf(closed, this.rows);
    return closed.more;
  }
}
