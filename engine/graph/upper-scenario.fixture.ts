/** A pipeline of windows over windows for tests, with row-wise stages between them, and its rows by the rules. */
import { planned } from '../plan/definition.fixture.ts';
import type { Log } from './scenario.fixture.ts';

/** `big` fails from a total of 22 on; `wide` is three windows deep. */
export const upperPlan = planned(`
name: u
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  tens: { from: readings, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x) } }
  busy: { from: tens, where: total > 3, set: { mean: total / n, big: cast(total * 100000000 as int) } }
  slides: { from: busy, window: { sliding: 30s, every: 10s, grace: 2s }, group_by: [k], aggregate: { windows: count(), records: sum(n), most: max(total + 1) } }
  wide: { from: slides, window: { tumbling: 60s }, group_by: [windows], aggregate: { slides: count(), records: sum(records), head: first(records) } }
sinks:
  tens: { from: tens, stdout: json }
  busy: { from: busy, stdout: json }
  slides: { from: slides, stdout: json }
  wide: { from: wide, stdout: json }
`);

interface Row {
  readonly k: string | number | null;
  readonly start: number;
  readonly end: number;
  readonly values: readonly number[];
}

/** Rows of windows over rows: by W1 alone, since nothing is late (W8). Times in seconds. */
function over(
  rows: readonly Row[],
  [size, slide]: readonly [number, number],
  keyOf: (row: Row) => Row['k'],
  aggregate: (rows: readonly Row[]) => readonly number[],
): Row[] {
  const groups = new Map<string, { k: Row['k']; start: number; rows: Row[] }>();
  for (const row of rows) {
    const t = row.end - 0.001;
    for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
      const k = keyOf(row);
      const name = `${JSON.stringify(k)} ${start}`;
      const group = groups.get(name) ?? { k, start, rows: [] };
      groups.set(name, group);
      group.rows.push(row);
    }
  }
  return Array.from(groups.values(), ({ k, start, rows: inside }) => ({
    ...{ k, start, end: start + size },
    values: aggregate(inside),
  }));
}

/** O1 for rows of windows: null is behind all texts. */
const byEndAndKey = (a: Row, b: Row): number =>
  a.end - b.end || (String(a.k ?? '\uffff') < String(b.k ?? '\uffff') ? -1 : 1);

const sum = (rows: readonly Row[], at: number): number =>
  rows.reduce((total, { values }) => total + (values[at] as number), 0);

/** What must come out: the texts of all rows, and how many rows of `tens` fail in `busy`. */
export function upperOracle(logs: readonly Log[]): { rows: string[]; failed: number } {
  const records = logs.flatMap((log) => {
    let max = -Infinity;
    return log.flatMap(({ k, t, x }): Row[] => {
      const watermark = max - 5;
      max = Math.max(max, t);
      const end = (Math.floor(t / 10) + 1) * 10;
      return end + 3 <= watermark ? [] : [{ k, start: t, end: t + 0.001, values: [x] }];
    });
  });
  const keyOf = ({ k }: Row): Row['k'] => k;
  const tens = over(records, [10, 10], keyOf, (all) => [all.length, sum(all, 0)]);
  const passing = tens.filter(({ values }) => (values[1] as number) > 3);
  const fails = ({ values }: Row): boolean => (values[1] as number) * 100000000 > 2147483647;
  const busy = passing.filter((row) => !fails(row));
  const slides = over(busy, [30, 10], keyOf, (all) => [
    all.length,
    sum(all, 0),
    Math.max(...all.map(({ values }) => (values[1] as number) + 1)),
  ]);
  const windowsOf = ({ values }: Row): number => values[0] as number;
  const wide = over(slides, [60, 60], windowsOf, (all) => [
    ...[all.length, sum(all, 1)],
    all.toSorted(byEndAndKey)[0]?.values[1] ?? NaN,
  ]);
  const texts = (name: string, rows: readonly Row[]): string[] =>
    rows.map(({ k, start, values }) =>
      [name, JSON.stringify(k), start, ...values.map(String)].join(' '),
    );
  const computed = busy.map((row): Row => {
    const [n = 0, total = 0] = row.values;
    return { ...row, values: [n, total, total / n, total * 100000000] };
  });
  return {
    rows: [
      ...texts('tens', tens),
      ...texts('busy', computed),
      ...texts('slides', slides),
      ...texts('wide', wide),
    ].sort(),
    failed: passing.length - busy.length,
  };
}
