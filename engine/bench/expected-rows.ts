/**
 * The rows a workload must give, by the most naive way there is: all values of a window in a list.
 * Shares nothing with the engine.
 */

/** A row of a workload; `window_start` in epoch ms. */
export interface BenchRow {
  readonly name: string;
  readonly window_start: number;
  readonly n: number;
  readonly avg_temp: number;
  /** Sample variance; null for one value. */
  readonly var_temp: number | null;
  readonly max_temp: number;
}

interface Event {
  readonly name: string;
  readonly dt: number;
}

/** What to compute. */
export interface Expectation {
  readonly windowMs: number;
  readonly slideMs: number;
  /** Paths of the numbers whose sum is aggregated. */
  readonly numbers: readonly string[];
}

/**
 * The rows of events (JSON text), the windows that are open at the end included; no event is late.
 * Holds every value once, in panes of the slide; O(events · windowMs / slideMs).
 */
export function expectedRows(
  events: Iterable<string>,
  { windowMs, slideMs, numbers }: Expectation,
): BenchRow[] {
  if (windowMs % slideMs !== 0) throw new Error('a window must be a multiple of its slide');
  const panes = new Map<string, Map<number, number[]>>();
  for (const text of events) {
    const event = JSON.parse(text) as Event;
    const { name, dt } = event;
    const value = numbers.map((path) => at(event, path)).reduce((a, b) => a + b);
    const start = Math.floor((dt * 1000) / slideMs) * slideMs;
    let own = panes.get(name);
    if (own === undefined) panes.set(name, (own = new Map<number, number[]>()));
    const pane = own.get(start);
    if (pane === undefined) own.set(start, [value]);
    else pane.push(value);
  }
  const rows: BenchRow[] = [];
  for (const [name, own] of panes) {
    const starts = new Set<number>();
    for (const start of own.keys()) {
      for (let back = 0; back < windowMs; back += slideMs) starts.add(start - back);
    }
    for (const start of starts) {
      const lists: number[][] = [];
      for (let at = start; at < start + windowMs; at += slideMs) lists.push(own.get(at) ?? []);
      rows.push({ name, window_start: start, ...statisticsOf(lists) });
    }
  }
  return rows;
}

const at = (event: unknown, path: string): number =>
  path
    .split('.')
    .reduce((value, name) => (value as Record<string, unknown>)[name], event) as number;

function statisticsOf(
  lists: readonly (readonly number[])[],
): Omit<BenchRow, 'name' | 'window_start'> {
  const n = sumOf(lists, () => 1);
  const mean = sumOf(lists, (value) => value) / n;
  const squares = sumOf(lists, (value) => (value - mean) ** 2);
  let max = -Infinity;
  for (const list of lists) for (const value of list) if (value > max) max = value;
  return { n, avg_temp: mean, var_temp: n < 2 ? null : squares / (n - 1), max_temp: max };
}

/** A sum whose error does not grow with the length (A. Neumaier, 1974). */
function sumOf(lists: readonly (readonly number[])[], of: (value: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (const list of lists) {
    for (const each of list) {
      const value = of(each);
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    }
  }
  return sum + lost;
}

/** Of Σ|x| and Σx², which sums and variances agree within (rule O3). */
const SHARE = 1e-9;

/** The first difference in words, or null when the rows are the same, in whatever order. */
export function differenceOf(
  rows: readonly BenchRow[],
  expected: readonly BenchRow[],
): string | null {
  const keyOf = ({ name, window_start }: BenchRow): string =>
    `${name} ${new Date(window_start).toISOString()}`;
  const found = new Map(rows.map((row) => [keyOf(row), row]));
  for (const want of expected) {
    const key = keyOf(want);
    const has = found.get(key);
    if (has === undefined) return `${key} is missing (${rows.length} rows, not ${expected.length})`;
    if (!isSame(has, want)) {
      return `${key}: ${JSON.stringify(has)}, should be ${JSON.stringify(want)}`;
    }
  }
  if (rows.length === expected.length) return null;
  return `${rows.length} rows instead of ${expected.length}`;
}

function isSame(has: BenchRow, want: BenchRow): boolean {
  if (has.n !== want.n || has.max_temp !== want.max_temp) return false;
  if (Math.abs(has.avg_temp - want.avg_temp) > SHARE * Math.abs(want.avg_temp)) return false;
  if (has.var_temp === null || want.var_temp === null) return has.var_temp === want.var_temp;
  return Math.abs(has.var_temp - want.var_temp) <= SHARE * want.avg_temp ** 2;
}
