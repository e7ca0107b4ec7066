/**
 * What people write to extend the language: stages and aggregates of their own, in a module that the
 * main thread and every worker thread import. Definitions are plain values with functions in them.
 */
import type { ColumnType } from '../batch.ts';

/** A value of a row: bool is true or false, timestamp epoch ms. */
export type Value = boolean | number | string | null;

/** A row-wise stage: it adds columns to a row, or drops it. */
export interface StageDefinition {
  /** How it is written in a definition. */
  readonly keyword: string;
  /** One sentence. */
  readonly summary: string;
  /** YAML of one use. */
  readonly example: string;
  /** Raised when the same row gives other values: saved state then no longer fits (R3). Default: 1. */
  readonly version?: number;
  /** Options that are expressions over the row, and the types they must have. */
  readonly inputs: Readonly<Record<string, ColumnType>>;
  /** Options that are the same for all rows, with their defaults. */
  readonly settings?: Readonly<Record<string, number | string | boolean>>;
  /** The columns that it adds; any of them may be null. */
  readonly outputs: Readonly<Record<string, ColumnType>>;
  /**
   * Opened once in each thread; what it gives is called for every row, in any order. It returns the
   * outputs (those left out are null), or null to drop the row; what it throws makes the record a
   * dead letter. It must depend on nothing but its arguments.
   */
  open(
    settings: Readonly<Record<string, number | string | boolean>>,
  ): (inputs: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>> | null;
}

/** An aggregate of one column. Merging in any order must give the same. */
export interface AggregateDefinition {
  /** How it is called. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Raised when the same values give another state: saved state then no longer fits (R3). Default: 1. */
  readonly version?: number;
  /** The types it takes. */
  readonly takes: readonly ColumnType[];
  /** The type of its result. */
  readonly gives: ColumnType;
  /** Numbers that a group's state has; all are 0 at first. */
  readonly state: number;
  /** Adds a value that is not null. */
  add(state: Float64Array, value: boolean | number | string): void;
  /** Adds the state of the same group from elsewhere. */
  merge(into: Float64Array, from: Float64Array): void;
  /** The result of a group that has had a value; without any it is null. */
  result(state: Float64Array): Value;
}

/** A part of an extension. */
export type Extension =
  | { readonly extends: 'stage'; readonly definition: StageDefinition }
  | { readonly extends: 'aggregate'; readonly definition: AggregateDefinition };

/** Defines a row-wise stage, to be exported by a module that is named as an extension. */
export const defineStage = (definition: StageDefinition): Extension => ({
  extends: 'stage',
  definition,
});

/** Defines an aggregate, to be exported by a module that is named as an extension. */
export const defineAggregate = (definition: AggregateDefinition): Extension => ({
  extends: 'aggregate',
  definition,
});
