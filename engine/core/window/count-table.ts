/** Counted windows with their aggregates: one open a group and partition, and those that are full (W7). */
import type { Layout } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import { CountGroups, NO_WINDOW } from './count-groups.ts';
import { type MergeSource, widened } from './group-table.ts';
import { PairBuffer } from './row-pairs.ts';

/** Group of a row whose window has come out. */
const GONE = -1;

/** Below this many rows none is worth moving. */
const FEW_ROWS = 1024;

const pairs = new PairBuffer();

/**
 * A row a window; rows of windows that have come out stay until they are the half. A table whose
 * `shares` is above 0 is also read by a snapshot: write to what `writable()` returns.
 */
export class CountTable {
  rows: StateRows;
  groups = new CountGroups();
  /** By row: its group, −1 where its window has come out, and which of the group's windows it is. */
  groupOf = new Int32Array(64);
  indexOf = new Float64Array(64);
  /** Rows of windows that take no more records, in the order in which they were full. */
  full: number[] = [];
  shares = 0;
  readonly #size: number;
  #gone = 0;

  /** `size`: records of a full window. */
  constructor(layout: Layout, size: number, rows = new StateRows(layout)) {
    this.rows = rows;
    this.#size = size;
  }

  /** Windows that have records and have not come out. */
  get count(): number {
    return this.rows.length - this.#gone;
  }

  /** Counts rows of a source, each of one record, in the order of `inOrder`. O(rows · accumulators). */
  mergeRows(source: MergeSource, partition: number, inOrder: Int32Array): void {
    pairs.reset(inOrder.length);
    for (const row of inOrder) {
      const group = this.groups.groupOf(source.keys[row] as number, partition);
      pairs.push(this.#windowFor(group), row);
    }
    this.rows.merge(source, pairs);
  }

  /** Ends all open windows, full or not. */
  end(): void {
    const { groups } = this;
    for (let group = 0; group < groups.length; group++) {
      const row = groups.windows[group] as number;
      if (row === NO_WINDOW) continue;
      this.full.push(row);
      groups.advance(group);
    }
  }

  /** Lets the first `count` full windows go; their state can be read until the table is written to. */
  dropFull(count: number): void {
    for (const row of this.full.splice(0, count)) this.groupOf[row] = GONE;
    this.#gone += count;
    if (this.full.length === 0) this.#compact();
  }

  /** Opens a row as a snapshot has it, its state aside: `settle` must follow. */
  restore(group: number, index: number): void {
    this.#open(group, index);
    if (group === GONE) this.#gone++;
  }

  /** Tells full windows from open ones, once the state of restored rows is there. */
  settle(): void {
    for (let row = 0; row < this.rows.length; row++) {
      const group = this.groupOf[row] as number;
      if (group === GONE) continue;
      const count = this.rows.records[row] as number;
      if (count === this.#size) {
        this.full.push(row);
        continue;
      }
      this.groups.windows[group] = row;
      this.groups.counts[group] = count;
      this.groups.indexes[group] = this.indexOf[row] as number;
    }
  }

  /** This table, or a copy of it while others read it. */
  writable(): CountTable {
    if (this.shares === 0) return this;
    const copy = new CountTable(this.rows.layout, this.#size, this.rows.clone());
    copy.groups = this.groups.clone();
    copy.groupOf = this.groupOf.slice();
    copy.indexOf = this.indexOf.slice();
    copy.full = [...this.full];
    copy.#gone = this.#gone;
    return copy;
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.rows.sizeBytes + this.groupOf.length * 12 + this.groups.sizeBytes;
  }

  /** The row that takes the next record of a group. */
  #windowFor(group: number): number {
    const { groups } = this;
    let row = groups.windows[group] as number;
    if (row === NO_WINDOW) {
      row = this.#open(group, groups.indexes[group] as number);
      groups.windows[group] = row;
    }
    const count = (groups.counts[group] as number) + 1;
    groups.counts[group] = count;
    if (count === this.#size) {
      this.full.push(row);
      groups.advance(group);
    }
    return row;
  }

  #open(group: number, index: number): number {
    const row = this.rows.open();
    if (row === this.groupOf.length) {
      this.groupOf = widened(this.groupOf, row * 2);
      const indexes = new Float64Array(row * 2);
      indexes.set(this.indexOf);
      this.indexOf = indexes;
    }
    this.groupOf[row] = group;
    this.indexOf[row] = index;
    return row;
  }

  /** Moves the open windows together where rows of others are the half of many. */
  #compact(): void {
    const { rows, groups } = this;
    if (rows.length < FEW_ROWS || this.#gone * 2 < rows.length) return;
    const fresh = new StateRows(rows.layout);
    pairs.reset(this.count);
    for (let row = 0; row < rows.length; row++) {
      const group = this.groupOf[row] as number;
      if (group === GONE) continue;
      const moved = fresh.open();
      this.groupOf[moved] = group;
      this.indexOf[moved] = this.indexOf[row] as number;
      groups.windows[group] = moved;
      pairs.push(moved, row);
    }
    fresh.merge(rows, pairs);
    this.rows = fresh;
    this.#gone = 0;
  }
}
