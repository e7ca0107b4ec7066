/**
 * Groups of one pane whose records were too late for the pane's oldest windows (W2), by key and by
 * how many windows they skip. Such records are few: the index is a hash map.
 */
import type { Layout } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import type { MergeSource, RowRange } from './group-table.ts';
import { widened } from './group-table.ts';
import { PairBuffer } from './row-pairs.ts';

const pairs = new PairBuffer();

/** Rows by (key, skip). Shared and copied as `GroupTable` is. */
export class LateTable {
  readonly rows: StateRows;
  keys = new Int32Array(16);
  skips = new Int32Array(16);
  shares = 0;
  /** Row by key · windows + skip. */
  #rowByGroup = new Map<number, number>();
  /** Windows a pane has at most: skips are below it. */
  readonly #windows: number;

  constructor(layout: Layout, windows: number, rows: StateRows = new StateRows(layout)) {
    this.rows = rows;
    this.#windows = windows;
  }

  get length(): number {
    return this.rows.length;
  }

  /** The row of a key and skip, opened if there is none. */
  rowOf(key: number, skip: number): number {
    const group = key * this.#windows + skip;
    const found = this.#rowByGroup.get(group);
    if (found !== undefined) return found;
    const row = this.rows.open();
    if (row === this.keys.length) {
      this.keys = widened(this.keys, row * 2);
      this.skips = widened(this.skips, row * 2);
    }
    this.keys[row] = key;
    this.skips[row] = skip;
    this.#rowByGroup.set(group, row);
    return row;
  }

  /** Merges rows of a source, all with this skip. O(rows · accumulators). */
  mergeRange({ keys, records, states }: MergeSource, skip: number, range: RowRange): void {
    pairs.reset(range.until - range.from);
    for (let row = range.from; row < range.until; row++) {
      pairs.push(this.rowOf(keys[row] as number, skip), row);
    }
    this.rows.merge({ records, states }, pairs);
  }

  /** This table, or a copy of it while others read it. */
  writable(): LateTable {
    if (this.shares === 0) return this;
    const copy = new LateTable(this.rows.layout, this.#windows, this.rows.clone());
    copy.keys = this.keys.slice();
    copy.skips = this.skips.slice();
    copy.#rowByGroup = new Map(this.#rowByGroup);
    return copy;
  }

  /** Gives every key a new id. The table must not be shared. */
  remapKeys(map: Int32Array): void {
    this.#rowByGroup = new Map();
    for (let row = 0; row < this.length; row++) {
      const key = map[this.keys[row] as number] as number;
      this.keys[row] = key;
      this.#rowByGroup.set(key * this.#windows + (this.skips[row] as number), row);
    }
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.rows.sizeBytes + this.keys.length * 8 + this.length * 40;
  }
}
