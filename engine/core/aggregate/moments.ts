/**
 * Variances and standard deviations. The state is (n, sum, M2), M2 = Σ(x − mean)²: the form of
 * Welford's update by Youngs and Cramer, and its merge, as in Chan, Golub, LeVeque, "Updating
 * formulae and a pairwise algorithm for computing sample variances" (1979). Keeping the sum instead
 * of the mean lets sum and avg read the same columns, with the very same result as without variance.
 */
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { isNumeric, nullIfAny, overOne } from './aggregate.ts';
import { numberColumn, numbersOf } from './numbers.ts';

/** [n, sum, M2]. */
export const moments: Accumulator = {
  kind: 'moments',
  numbers: 3,
  texts: 0,
  add(state, pairs, input) {
    const { values, valid } = numbersOf(input);
    const n = numberColumn(state, 0);
    const sum = numberColumn(state, 1);
    const m2 = numberColumn(state, 2);
    const { into, from, count: pairCount } = pairs;
    for (let i = 0; i < pairCount; i++) {
      const at = from[i] as number;
      if (valid !== null && valid[at] === 0) continue;
      const row = into[i] as number;
      const value = values[at] as number;
      const before = n[row] as number;
      const count = before + 1;
      const total = (sum[row] as number) + value;
      n[row] = count;
      sum[row] = total;
      if (before === 0) continue;
      const distance = count * value - total;
      m2[row] = (m2[row] as number) + (distance * distance) / (count * before);
    }
  },
  merge(into, from, pairs) {
    const n = numberColumn(into, 0);
    const sum = numberColumn(into, 1);
    const m2 = numberColumn(into, 2);
    const otherN = numberColumn(from, 0);
    const otherSum = numberColumn(from, 1);
    const otherM2 = numberColumn(from, 2);
    for (let i = 0; i < pairs.count; i++) {
      const row = pairs.into[i] as number;
      const other = pairs.from[i] as number;
      const b = otherN[other] as number;
      if (b === 0) continue;
      const a = n[row] as number;
      const total = sum[row] as number;
      const added = otherSum[other] as number;
      n[row] = a + b;
      sum[row] = total + added;
      let squares = (m2[row] as number) + (otherM2[other] as number);
      if (a > 0) {
        const distance = added / b - total / a;
        squares += distance * distance * ((a * b) / (a + b));
      }
      m2[row] = squares;
    }
  },
};

/**
 * M2 / (n − spared); null without enough values. One value has no sample variance: null, as in
 * Spark 3 with its default settings (`spark.sql.legacy.statisticalAggregate` gives NaN instead).
 */
const variance =
  (spared: 0 | 1): Finish =>
  (state, row) => {
    const n = numberColumn(state, 0)[row] as number;
    return n <= spared ? null : (numberColumn(state, 2)[row] as number) / (n - spared);
  };

const deviation =
  (spared: 0 | 1): Finish =>
  (state, row) => {
    const squares = variance(spared)(state, row);
    return typeof squares === 'number' ? Math.sqrt(squares) : null;
  };

function overMoments(
  name: string,
  summary: string,
  finish: Finish,
  nullable: AggregateFunction['nullable'],
): AggregateFunction {
  return {
    name,
    summary,
    ...overOne(name),
    accepts: isNumeric,
    accumulators: () => ['moments'],
    resultType: () => 'double',
    nullable,
    finish: () => finish,
  };
}

/** Population and sample variance and standard deviation. */
export const momentFunctions: readonly AggregateFunction[] = [
  overMoments('var_pop', 'Population variance.', variance(0), nullIfAny),
  overMoments('var_samp', 'Sample variance; null below two values.', variance(1), () => true),
  overMoments('stddev_pop', 'Population standard deviation.', deviation(0), nullIfAny),
  overMoments(
    'stddev_samp',
    'Sample standard deviation; null below two values.',
    deviation(1),
    () => true,
  ),
];
