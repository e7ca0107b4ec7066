/**
 * An accumulator: the mergeable state behind one or more aggregates over the same input. State is
 * columnar: every number or text slot is a column, a row of the columns is one group. What has no
 * fixed size is a collection, one of them a row.
 *
 * The neutral row is all zeros and nulls, whatever the kind: growing or zero-filling the columns is
 * all it takes to open a group.
 */
import type { ColumnType, Vector } from '../batch.ts';
import type { CollectionKind } from './collection.ts';
import type { CollectionColumn } from './collection-column.ts';
import type { RowPairs } from './row-pairs.ts';

export type { RowPairs } from './row-pairs.ts';

/** Columns of one accumulator (or of several in a row, see `layoutOf`). */
export interface AccumulatorState {
  /** Records that reached the group, null inputs included. Kept by the owner of the columns. */
  readonly records: Float64Array;
  readonly numbers: readonly Float64Array[];
  readonly texts: readonly (string | null)[][];
  readonly collections: readonly CollectionColumn[];
}

/** Where records stand in the order of O1; by row, all of one slice and so of one partition. */
export interface RecordOrder {
  readonly partition: number;
  /** Epoch ms. */
  readonly eventTimes: Float64Array;
  readonly offsets: Float64Array;
}

/** What an accumulator reads of records: its columns in the order of its plan, and their order. */
export interface AccumulatorInput {
  readonly vectors: readonly (Vector | undefined)[];
  readonly order: RecordOrder;
}

/** A kind of state. Pure functions over columns; nothing is allocated per row. */
export interface Accumulator {
  readonly kind: string;
  /** How many number columns it has. Column 0, if any, counts the non-null inputs. */
  readonly numbers: number;
  readonly texts: number;
  /** The kind of its collections, if it has any, by the plan's parameter. */
  collection?(parameter: number): CollectionKind;
  /**
   * Adds input row `from[i]` to group row `into[i]`; null inputs change nothing. Rows of the input
   * are ascending. O(count).
   */
  add(state: AccumulatorState, pairs: RowPairs, input: AccumulatorInput): void;
  /** Adds group row `from[i]` of `from` to group row `into[i]`. O(count). */
  merge(into: AccumulatorState, from: AccumulatorState, pairs: RowPairs): void;
}

/** One accumulator of a stage: its kind, its input columns and their types; none counts rows. */
export interface AccumulatorPlan {
  readonly kind: string;
  readonly slots: readonly number[];
  readonly types: readonly ColumnType[];
  /** What its state depends on besides, e.g. a cap. */
  readonly parameter?: number;
}

/** One aggregate's result column over accumulator number `accumulator`. */
export interface ResultPlan {
  readonly name: string;
  readonly aggregate: string;
  readonly accumulator: number;
  /** The call's literal, e.g. the share of a percentile. */
  readonly parameter?: number;
  readonly type: ColumnType;
  readonly nullable: boolean;
}
