/** What the names in an expression stand for. */
import type { Column, ColumnType } from '../batch.ts';
import type { Problem, Range, TypedExpression } from './types.ts';

/** A column an expression may read. */
export interface ScopeColumn extends Column {
  readonly slot: number;
}

/** A typed `$NAME`. bool is 0/1, timestamp epoch ms. */
export interface ScopeParameter {
  readonly type: ColumnType;
  readonly value: number | string | null;
}

/** Where a call stands, and each of its arguments. */
export interface CallRange extends Range {
  readonly args?: readonly Range[];
}

/**
 * Makes aggregate calls legal, for the `aggregate:` and `having:` of a window stage. Inside a call
 * columns are those of the expression's scope; outside, only `columns`.
 */
export interface AggregateScope {
  /** Names of the aggregates; without it AGGREGATE_NAMES. */
  readonly functions?: readonly string[];
  /** Columns that may stand outside of aggregate calls: group columns, window_start, window_end. */
  readonly columns?: readonly ScopeColumn[];
  /**
   * The column that will hold the result of `name(args)`, or what is wrong with the call. Bare
   * literals (a percentile, a cap) arrive as literal expressions.
   */
  resolve(name: string, args: readonly TypedExpression[], at: CallRange): ScopeColumn | Problem;
}

/** Times beside the columns (O5). */
export interface ScopeTimes {
  /** The broker's timestamp of the record; null where rows are not records. */
  readonly recordTime: ScopeColumn | null;
  /** What `now()` is, epoch ms; null where input goes on for ever. */
  readonly nowMs: number | null;
}

/** Everything an expression may refer to. */
export interface ExpressionScope {
  readonly columns: readonly ScopeColumn[];
  readonly parameters: ReadonlyMap<string, ScopeParameter>;
  /** IANA name: local text and calendar functions are read in it (T1). */
  readonly timezone: string;
  readonly aggregates?: AggregateScope;
  readonly times?: ScopeTimes;
}

/** The aggregates of the language: known here so that a misplaced one gets the right hint. */
export const AGGREGATE_NAMES: readonly string[] = [
  'count',
  'count_if',
  'sum',
  'avg',
  'min',
  'max',
  'var_pop',
  'var_samp',
  'stddev_pop',
  'stddev_samp',
  'covar_pop',
  'covar_samp',
  'corr',
  'first',
  'last',
  'min_by',
  'max_by',
  'bool_and',
  'bool_or',
  'approx_percentile',
  'median',
  'approx_count_distinct',
  'count_distinct',
  'collect_list',
  'collect_set',
];
