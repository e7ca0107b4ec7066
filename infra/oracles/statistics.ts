/** Statistics of a list of numbers, in two passes over the list. */

/** What the pipelines under test aggregate. `variance` and `deviation` are null below two values. */
export interface Statistics {
  readonly n: number;
  readonly mean: number;
  /** Sample variance. */
  readonly variance: number | null;
  readonly deviation: number | null;
  readonly max: number;
  readonly sum: number;
}

/** Statistics of at least one number. */
export function statisticsOf(values: readonly number[]): Statistics {
  const n = values.length;
  const sum = total(values);
  const mean = sum / n;
  const variance = n < 2 ? null : total(values.map((value) => (value - mean) ** 2)) / (n - 1);
  return {
    n,
    mean,
    variance,
    deviation: variance === null ? null : Math.sqrt(variance),
    max: values.reduce((max, value) => (value > max ? value : max), -Infinity),
    sum,
  };
}

/** A sum whose error does not grow with the length (A. Neumaier, 1974). */
function total(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}
