/** Groups of one pane, or of several merged: aggregate state by key id. */
import type { AccumulatorState } from '../aggregate/accumulator.ts';
import type { Layout } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import type { GroupCount } from './counters.ts';
import { PairBuffer } from './row-pairs.ts';

/** Groups to merge: keys, record counts and state by row. */
export interface MergeSource {
  readonly keys: Int32Array;
  readonly records: Float64Array;
  readonly states: readonly AccumulatorState[];
}

/** Rows [from, until). */
export interface RowRange {
  readonly from: number;
  readonly until: number;
}

const pairs = new PairBuffer();

/**
 * Rows in order of arrival with an index that is dense by key id: 4 bytes a known key, the state
 * columns only as long as there are groups. A table whose `shares` is above 0 is also read by a
 * snapshot: write to what `writable()` returns.
 */
export class GroupTable {
  readonly rows: StateRows;
  keys: Int32Array<ArrayBuffer>;
  /** Snapshots and forks that read this table. */
  shares = 0;
  /** Row + 1 by key id; 0 is absent. */
  #rowByKey = new Int32Array(64);

  /** `capacity` groups fit without growing. */
  constructor(layout: Layout, capacity = 16, rows = new StateRows(layout, capacity)) {
    this.rows = rows;
    this.keys = new Int32Array(Math.max(1, capacity));
  }

  get length(): number {
    return this.rows.length;
  }

  /** The row of a key, −1 if it has none. */
  find(key: number): number {
    return (this.#rowByKey[key] ?? 0) - 1;
  }

  /** The row of a key, opened if it has none. */
  rowOf(key: number): number {
    const found = this.#rowByKey[key];
    if (found !== undefined && found > 0) return found - 1;
    const row = this.rows.open();
    if (row === this.keys.length) this.keys = widened(this.keys, row * 2);
    this.keys[row] = key;
    this.#index(key, row);
    return row;
  }

  /** Merges rows of a source. O(rows · accumulators). */
  mergeRange({ keys, records, states }: MergeSource, { from, until }: RowRange): void {
    pairs.reset(until - from);
    for (let row = from; row < until; row++) pairs.push(this.rowOf(keys[row] as number), row);
    this.rows.merge({ records, states }, pairs);
  }

  /** Merges all groups of another table. */
  mergeTable({ keys, rows, length }: GroupTable): void {
    const { records, states } = rows;
    this.mergeRange({ keys, records, states }, { from: 0, until: length });
  }

  /** This table, or a copy of it while others read it. */
  writable(): GroupTable {
    if (this.shares === 0) return this;
    const copy = new GroupTable(this.rows.layout, 1, this.rows.clone());
    copy.keys = this.keys.slice();
    copy.#rowByKey = this.#rowByKey.slice();
    return copy;
  }

  /** Gives every key a new id. The table must not be shared. */
  remapKeys(map: Int32Array): void {
    this.#rowByKey = new Int32Array(64);
    for (let row = 0; row < this.length; row++) {
      const key = map[this.keys[row] as number] as number;
      this.keys[row] = key;
      this.#index(key, row);
    }
  }

  /** Groups and the records in them. O(groups). */
  get count(): GroupCount {
    let contributions = 0;
    for (let row = 0; row < this.length; row++) contributions += this.rows.records[row] as number;
    return { groups: this.length, contributions };
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.rows.sizeBytes + (this.keys.length + this.#rowByKey.length) * 4;
  }

  #index(key: number, row: number): void {
    if (key >= this.#rowByKey.length) this.#rowByKey = widened(this.#rowByKey, (key + 1) * 2);
    this.#rowByKey[key] = row + 1;
  }
}

/** A longer copy; what is new is 0. */
export function widened(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length);
  wider.set(array);
  return wider;
}
