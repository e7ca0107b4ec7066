/** Rows of workload W beside those of its oracle. */
import type { WorkloadRow } from '../oracles/workload-w.ts';

/** Of Σ|x| and Σx², which sums and variances agree within (rule O3). */
const SHARE = 1e-9;

/** The first difference in words, or null when the rows are the same, in whatever order. */
export function differenceOf(
  rows: readonly WorkloadRow[],
  expected: readonly WorkloadRow[],
): string | null {
  const keyOf = ({ name, window_start }: WorkloadRow): string =>
    `${name} ${new Date(window_start).toISOString()}`;
  const found = new Map(rows.map((row) => [keyOf(row), row]));
  if (rows.length !== expected.length || found.size !== rows.length) {
    return `${rows.length} rows instead of ${expected.length}`;
  }
  for (const want of expected) {
    const key = keyOf(want);
    const has = found.get(key);
    if (has === undefined) return `${key} is missing`;
    if (!isSame(has, want))
      return `${key}: ${JSON.stringify(has)}, should be ${JSON.stringify(want)}`;
  }
  return null;
}

function isSame(has: WorkloadRow, want: WorkloadRow): boolean {
  if (has.n !== want.n || has.max_temp !== want.max_temp) return false;
  if (Math.abs(has.avg_temp - want.avg_temp) > SHARE * Math.abs(want.avg_temp)) return false;
  if (has.var_temp === null || want.var_temp === null) return has.var_temp === want.var_temp;
  return Math.abs(has.var_temp - want.var_temp) <= SHARE * want.avg_temp ** 2;
}
