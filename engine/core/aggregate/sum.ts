/**
 * sum and avg. Sums of float and double run in double precision. Sums of int and long are exact
 * whatever the order of the records: a running sum with Knuth's TwoSum keeps its rounding errors in
 * a second column, so that only a true total beyond ±(2^53 − 1) is an overflow.
 */
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { isNumeric, nullIfAny, overOne } from './aggregate.ts';
import { mergeCount } from './count.ts';
import { addColumn, numberColumn, numbersOf } from './numbers.ts';

/** [n, sum] in double precision. */
export const sum: Accumulator = {
  kind: 'sum',
  numbers: 2,
  texts: 0,
  add(state, pairs, input) {
    const { values, valid } = numbersOf(input);
    const n = numberColumn(state, 0);
    const total = numberColumn(state, 1);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (valid !== null && valid[from] === 0) continue;
      const row = pairs.into[i] as number;
      n[row] = (n[row] as number) + 1;
      total[row] = (total[row] as number) + (values[from] as number);
    }
  },
  merge(into, from, pairs) {
    mergeCount(into, from, pairs);
    addColumn(numberColumn(into, 1), numberColumn(from, 1), pairs);
  },
};

/** [n, sum, error]: the true total of integers is sum + error. */
export const exactSum: Accumulator = {
  kind: 'exact_sum',
  numbers: 3,
  texts: 0,
  add(state, pairs, input) {
    const { values, valid } = numbersOf(input);
    const n = numberColumn(state, 0);
    const total = numberColumn(state, 1);
    const error = numberColumn(state, 2);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (valid !== null && valid[from] === 0) continue;
      const row = pairs.into[i] as number;
      const value = values[from] as number;
      const before = total[row] as number;
      const after = before + value;
      n[row] = (n[row] as number) + 1;
      total[row] = after;
      error[row] = (error[row] as number) + roundingError(before, value, after);
    }
  },
  merge(into, from, pairs) {
    mergeCount(into, from, pairs);
    const total = numberColumn(into, 1);
    const error = numberColumn(into, 2);
    const otherTotal = numberColumn(from, 1);
    const otherError = numberColumn(from, 2);
    for (let i = 0; i < pairs.count; i++) {
      const row = pairs.into[i] as number;
      const other = pairs.from[i] as number;
      const before = total[row] as number;
      const value = otherTotal[other] as number;
      const after = before + value;
      total[row] = after;
      error[row] =
        (error[row] as number) +
        (otherError[other] as number) +
        roundingError(before, value, after);
    }
  },
};

/** What `a + b = sum` lost (TwoSum, exact in any order of magnitude). */
function roundingError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

const exactTotal: Finish = (state, row) => {
  if (numberColumn(state, 0)[row] === 0) return null;
  // A total that fits is representable, so this addition cannot round into the range or out of it.
  const total = (numberColumn(state, 1)[row] as number) + (numberColumn(state, 2)[row] as number);
  return Number.isSafeInteger(total) ? total : undefined;
};

const total: Finish = (state, row) =>
  numberColumn(state, 0)[row] === 0 ? null : numberColumn(state, 1)[row];

const mean: Finish = (state, row) => {
  const n = numberColumn(state, 0)[row] as number;
  return n === 0 ? null : (numberColumn(state, 1)[row] as number) / n;
};

const exactMean: Finish = (state, row) => {
  const n = numberColumn(state, 0)[row] as number;
  if (n === 0) return null;
  return ((numberColumn(state, 1)[row] as number) + (numberColumn(state, 2)[row] as number)) / n;
};

const isInteger = (type: string | undefined): boolean => type === 'int' || type === 'long';

/** sum(x): long for int and long, else double. */
export const sumFunction: AggregateFunction = {
  name: 'sum',
  summary: 'Sum of the values; exact for int and long, an error when it leaves ±(2^53 − 1).',
  ...overOne('sum'),
  accepts: isNumeric,
  accumulators: ([type]) => (isInteger(type) ? ['exact_sum'] : ['sum', 'moments']),
  resultType: ([type]) => (isInteger(type) ? 'long' : 'double'),
  nullable: nullIfAny,
  finish: (kind) => (kind === 'exact_sum' ? exactTotal : total),
};

/** avg(x): always double. */
export const avgFunction: AggregateFunction = {
  name: 'avg',
  summary: 'Mean of the values, as double.',
  ...overOne('avg'),
  accepts: isNumeric,
  accumulators: () => ['sum', 'exact_sum', 'moments'],
  resultType: () => 'double',
  nullable: nullIfAny,
  finish: (kind) => (kind === 'exact_sum' ? exactMean : mean),
};
