/** Columns of aggregate state that grow by rows: one row a group. */
import type { AccumulatorState, RowPairs } from './accumulator.ts';
import { CollectionColumn } from './collection-column.ts';
import type { Layout } from './layout.ts';
import { statesOf } from './layout.ts';
import { addColumn } from './numbers.ts';

const FIRST_CAPACITY = 16;

/** A text of usual length and its place in a column that grows. */
export const TEXT_BYTES = 44;

/** Growing state of all accumulators of a stage. Owned by one table; `states` change when it grows. */
export class StateRows {
  readonly layout: Layout;
  length = 0;
  records: Float64Array;
  numbers: Float64Array[];
  texts: (string | null)[][];
  collections: CollectionColumn[];
  /** By accumulator: its columns. */
  states: readonly AccumulatorState[];

  constructor(layout: Layout, capacity = FIRST_CAPACITY) {
    this.layout = layout;
    this.records = new Float64Array(capacity);
    this.numbers = Array.from({ length: layout.numbers }, () => new Float64Array(capacity));
    this.texts = Array.from({ length: layout.texts }, () => []);
    this.collections = layout.collections.map((kind) => new CollectionColumn(kind));
    this.states = statesOf(layout, this);
  }

  /** Appends a neutral row and returns its number. Amortised O(columns). */
  open(): number {
    if (this.length === this.records.length) this.#grow();
    for (const column of this.texts) column[this.length] = null;
    return this.length++;
  }

  /** Merges rows of other state of the same layout. O(pairs · accumulators). */
  merge(
    from: { records: Float64Array; states: readonly AccumulatorState[] },
    pairs: RowPairs,
  ): void {
    addColumn(this.records, from.records, pairs);
    const { placed } = this.layout;
    for (let i = 0; i < placed.length; i++) {
      placed[i]?.accumulator.merge(
        this.states[i] as AccumulatorState,
        from.states[i] as AccumulatorState,
        pairs,
      );
    }
  }

  /** Back to no rows; keeps the capacity. */
  clear(): void {
    this.records.fill(0, 0, this.length);
    for (const column of this.numbers) column.fill(0, 0, this.length);
    for (const column of this.texts) column.length = 0;
    for (const column of this.collections) column.clear();
    this.length = 0;
  }

  /** A copy with columns of its own. */
  clone(): StateRows {
    const copy = new StateRows(this.layout, 0);
    copy.length = this.length;
    copy.records = this.records.slice();
    copy.numbers = this.numbers.map((column) => column.slice());
    copy.texts = this.texts.map((column) => column.slice());
    copy.collections = this.collections.map((column) => column.clone());
    copy.states = statesOf(this.layout, copy);
    return copy;
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    const numbers = this.records.length * 8 * (1 + this.numbers.length);
    const texts = this.length * TEXT_BYTES * this.texts.length;
    return this.collections.reduce((size, column) => size + column.sizeBytes, numbers + texts);
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.records.length * 2);
    const wider = (column: Float64Array): Float64Array => {
      const grown = new Float64Array(capacity);
      grown.set(column);
      return grown;
    };
    this.records = wider(this.records);
    this.numbers = this.numbers.map(wider);
    this.states = statesOf(this.layout, this);
  }
}
