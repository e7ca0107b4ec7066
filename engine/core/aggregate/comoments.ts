/**
 * Covariances and the correlation of two columns, over the records in which neither is null. The
 * state is (n, mean x, mean y, Mxx, Myy, Mxy), Mxy = Σ(x − mean x)(y − mean y), by Welford's update
 * ("Note on a method for calculating corrected sums of squares and products", 1962) and the merge of
 * Chan, Golub, LeVeque (1979). Means rather than sums, as the moments have: so a column that does not
 * vary has Mxx = 0 exactly, and no correlation, however its values round.
 */
import { invariant } from '../../errors.ts';
import type { Accumulator, AccumulatorState } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { isNumeric, nullIfAny } from './aggregate.ts';
import { numbersOf } from './numbers.ts';

interface Columns {
  readonly n: Float64Array;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
}

function columnsOf({ numbers }: AccumulatorState): Columns {
  const [n, meanX, meanY, xx, yy, xy] = numbers;
  invariant(n && meanX && meanY && xx && yy && xy, 'comoments without their columns');
  return { n, meanX, meanY, xx, yy, xy };
}

/** Column[row] += value. */
function increase(column: Float64Array, row: number, value: number): void {
  column[row] = (column[row] as number) + value;
}

/** [n, mean x, mean y, Mxx, Myy, Mxy]. */
export const comoments: Accumulator = {
  kind: 'comoments',
  numbers: 6,
  texts: 0,
  add(state, pairs, input) {
    const x = numbersOf(input, 0);
    const y = numbersOf(input, 1);
    const { n, meanX, meanY, xx, yy, xy } = columnsOf(state);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (x.valid?.[from] === 0 || y.valid?.[from] === 0) continue;
      const row = pairs.into[i] as number;
      const count = (n[row] as number) + 1;
      const dx = (x.values[from] as number) - (meanX[row] as number);
      const dy = (y.values[from] as number) - (meanY[row] as number);
      n[row] = count;
      increase(meanX, row, dx / count);
      increase(meanY, row, dy / count);
      // What is left of y once its mean has moved.
      const rest = (y.values[from] as number) - (meanY[row] as number);
      increase(xx, row, dx * ((x.values[from] as number) - (meanX[row] as number)));
      increase(yy, row, dy * rest);
      increase(xy, row, dx * rest);
    }
  },
  merge(into, from, pairs) {
    const state = columnsOf(into);
    const other = columnsOf(from);
    for (let i = 0; i < pairs.count; i++) {
      if (other.n[pairs.from[i] as number] === 0) continue;
      mergeRow(state, pairs.into[i] as number, other, pairs.from[i] as number);
    }
  },
};

function mergeRow(state: Columns, row: number, other: Columns, from: number): void {
  const a = state.n[row] as number;
  const b = other.n[from] as number;
  const dx = (other.meanX[from] as number) - (state.meanX[row] as number);
  const dy = (other.meanY[from] as number) - (state.meanY[row] as number);
  // A row without pairs takes the other's values as they are: its weight is 0, its share 1.
  const weight = (a * b) / (a + b);
  const share = b / (a + b);
  increase(state.n, row, b);
  increase(state.meanX, row, dx * share);
  increase(state.meanY, row, dy * share);
  increase(state.xx, row, (other.xx[from] as number) + dx * dx * weight);
  increase(state.yy, row, (other.yy[from] as number) + dy * dy * weight);
  increase(state.xy, row, (other.xy[from] as number) + dx * dy * weight);
}

/** Mxy / (n − spared); null without enough pairs. */
const covariance =
  (spared: 0 | 1): Finish =>
  (state, row) => {
    const { n, xy } = columnsOf(state);
    const count = n[row] as number;
    return count <= spared ? null : (xy[row] as number) / (count - spared);
  };

/** Null where a column does not vary, as a division by zero is; rounding never leaves [−1, 1]. */
const correlation: Finish = (state, row) => {
  const { n, xx, yy, xy } = columnsOf(state);
  if ((n[row] as number) < 2) return null;
  const deviations = Math.sqrt(xx[row] as number) * Math.sqrt(yy[row] as number);
  if (deviations === 0) return null;
  return Math.min(1, Math.max(-1, (xy[row] as number) / deviations));
};

const overTwo = (
  name: string,
  summary: string,
  finish: Finish,
  nullable: AggregateFunction['nullable'],
): AggregateFunction => ({
  ...{ name, summary, usage: [`${name}(x, y)`], inputs: [2, 2] },
  accepts: isNumeric,
  accumulators: () => ['comoments'],
  resultType: () => 'double',
  nullable,
  finish: () => finish,
});

/** Population and sample covariance, and the correlation. */
export const comomentFunctions: readonly AggregateFunction[] = [
  overTwo('covar_pop', 'Population covariance.', covariance(0), nullIfAny),
  overTwo('covar_samp', 'Sample covariance; null below two pairs.', covariance(1), () => true),
  overTwo(
    'corr',
    'Pearson’s correlation, −1 to 1; null below two pairs, and where x or y does not vary.',
    correlation,
    () => true,
  ),
];
