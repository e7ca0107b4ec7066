/** approx_percentile and median: exact up to 512 values, then about as near as 1 % of the value. */
import type { ColumnType } from '../batch.ts';
import { isNull } from '../batch.ts';
import type { Accumulator, AccumulatorState } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { isNumeric, nullIfAny, overOne } from './aggregate.ts';
import { collectionsOf } from './collection-column.ts';
import { mergeCount } from './count.ts';
import { numberColumn, numbersOf } from './numbers.ts';
import { quantileKind, quantilesOf } from './quantiles.ts';

/** [n] and the values. */
export const quantiles: Accumulator = {
  kind: 'quantiles',
  numbers: 1,
  texts: 0,
  collection: () => quantileKind,
  add(state, pairs, input) {
    const vector = numbersOf(input);
    const n = numberColumn(state, 0);
    const collections = collectionsOf(state);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (isNull(vector, from)) continue;
      const row = pairs.into[i] as number;
      n[row] = (n[row] as number) + 1;
      quantilesOf(collections.own(row)).add(vector.values[from] as number);
    }
  },
  merge(into, from, pairs) {
    mergeCount(into, from, pairs);
    collectionsOf(into).merge(collectionsOf(from), pairs);
  },
};

const valueAt = (state: AccumulatorState, row: number, rank: number): number =>
  quantilesOf(collectionsOf(state).at(row)).valueAt(rank);

/** The value with rank ⌈p·n⌉, counted from 1, as Spark's; never between two values. */
const percentile =
  (p: number, type: ColumnType): Finish =>
  (state, row) => {
    const n = numberColumn(state, 0)[row] as number;
    if (n === 0) return null;
    return ofType(valueAt(state, row, Math.max(1, Math.ceil(p * n)) - 1), type);
  };

/** What is read from bins is no value of the column, and may not be of its type. */
function ofType(value: number, type: ColumnType): number {
  if (type === 'float') return Math.fround(value);
  return type === 'double' ? value : Math.round(value);
}

/** Half way between the two in the middle. */
const median: Finish = (state, row) => {
  const n = numberColumn(state, 0)[row] as number;
  if (n === 0) return null;
  const low = valueAt(state, row, Math.floor((n - 1) / 2));
  const high = valueAt(state, row, Math.floor(n / 2));
  return low === high ? low : low / 2 + high / 2;
};

/** Percentiles; they share their state whatever their shares. */
export const percentileFunctions: readonly AggregateFunction[] = [
  {
    name: 'approx_percentile',
    summary:
      'The value of x with at least the share p of all values up to it; exact up to 512 values, then within 1 % of it. p is a number from 0 to 1; the type is that of x.',
    usage: ['approx_percentile(x, p)'],
    inputs: [1, 1],
    parameter: {
      what: 'a number from 0 to 1',
      shapesState: false,
      accepts: (value) => value >= 0 && value <= 1,
    },
    accepts: isNumeric,
    accumulators: () => ['quantiles'],
    resultType: ([type]) => type ?? 'double',
    nullable: nullIfAny,
    finish: (_, { type, parameter = 0 }) => percentile(parameter, type),
  },
  {
    name: 'median',
    summary:
      'The value in the middle, or half way between the two in the middle, as double; exact up to 512 values, then from values within 1 %.',
    ...overOne('median'),
    accepts: isNumeric,
    accumulators: () => ['quantiles'],
    resultType: () => 'double',
    nullable: nullIfAny,
    finish: () => median,
  },
];
