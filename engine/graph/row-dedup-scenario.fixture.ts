/** A pipeline with dedups of rows of windows for tests, and its rows by the rules. */
import { planned } from '../plan/definition.fixture.ts';
import type { Log } from './scenario.fixture.ts';

/**
 * `peaks` is behind one window and fails from a total of 11 on, `rare` behind it, `calm` behind sessions,
 * `marks` behind two windows, of which `twos` close later; `slides` and `wide` are windows over what passes.
 */
export const rowDedupPlan = planned(`
name: rd
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  tens: { from: readings, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x) } }
  peaks: { from: tens, where: total > 3, dedup: { by: [n], within: 30s }, set: { mean: total / n, big: cast(total * 200000000 as int) } }
  slides: { from: peaks, window: { sliding: 30s, every: 10s, grace: 2s }, group_by: [k], aggregate: { windows: count(), records: sum(n) } }
  rare: { from: peaks, dedup: { by: [k], within: 90s } }
  visits: { from: readings, window: { session: 6s, max: 40s, grace: 2s }, group_by: [k], aggregate: { n: count() } }
  calm: { from: visits, dedup: { by: [n], within: 15s } }
  ones: { from: readings, window: { tumbling: 10s, grace: 1s }, group_by: [k], aggregate: { n: count() } }
  twos: { from: readings, window: { tumbling: 20s, offset: 5s, grace: 25s }, group_by: [k], aggregate: { n: count() } }
  one: { from: ones, set: { size: "'ones'" } }
  two: { from: twos, set: { size: "'twos'" } }
  marks: { from: [two, one], dedup: { by: [k, n], within: 30s } }
  wide: { from: marks, window: { tumbling: 60s }, group_by: [k], aggregate: { windows: count(), ones: "count_if(size = 'ones')" } }
sinks:
  peaks: { from: peaks, stdout: json }
  slides: { from: slides, stdout: json }
  rare: { from: rare, stdout: json }
  calm: { from: calm, stdout: json }
  marks: { from: marks, stdout: json }
  wide: { from: wide, stdout: json }
`);

/** A row, times in seconds. */
interface Row {
  readonly k: string | null;
  readonly start: number;
  readonly end: number;
  readonly values: readonly (number | string)[];
}

interface Record {
  readonly k: string | null;
  readonly t: number;
  readonly x: number;
  readonly watermark: number;
}

const textOf = (k: Row['k']): string => k ?? '\uffff';

/** By the end of their windows, the names of these, keys, and where a session begins. */
const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) =>
      a.end - b.end ||
      compare(String(a.values.at(-1)), String(b.values.at(-1))) * Number(isNamed(a)) ||
      compare(textOf(a.k), textOf(b.k)) ||
      a.start - b.start,
  );
const isNamed = ({ values }: Row): boolean => typeof values.at(-1) === 'string';
const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** O2: the first rows, by the end of their windows. */
function firsts(rows: readonly Row[], within: number, keyOf: (row: Row) => unknown): Row[] {
  const seen = new Map<string, number>();
  return inOrder(rows).filter((row) => {
    const key = JSON.stringify(keyOf(row));
    const before = seen.get(key);
    if (before !== undefined && row.end - before < within) return false;
    seen.set(key, row.end);
    return true;
  });
}

/** Tumbling and sliding windows of records, or of rows at their windows' end. */
function windows<T extends { readonly k: string | null }>(
  all: readonly T[],
  [size, slide, offset]: readonly [size: number, slide: number, offset: number],
  of: { readonly t: (one: T) => number; readonly isIn: (one: T, end: number) => boolean },
  values: (inside: readonly T[]) => Row['values'],
): Row[] {
  const found = new Map<string, { start: number; inside: T[] }>();
  for (const one of all) {
    const t = of.t(one);
    let start = Math.floor((t - offset) / slide) * slide + offset;
    for (; start > t - size; start -= slide) {
      if (!of.isIn(one, start + size)) continue;
      const name = JSON.stringify([one.k, start]);
      const window = found.get(name) ?? { start, inside: [] };
      found.set(name, window);
      window.inside.push(one);
    }
  }
  return Array.from(found.values(), ({ start, inside }) => ({
    ...{ k: inside[0]?.k ?? null, start, end: start + size },
    values: values(inside),
  }));
}

/** W6. */
function sessions(all: readonly Record[]): Row[] {
  const found: Row[] = [];
  const kept = all.filter(({ t, watermark }) => t + 2 > watermark);
  for (const group of Map.groupBy(kept, ({ k }) => JSON.stringify(k)).values()) {
    const times = group.map(({ t }) => t).toSorted((a, b) => a - b);
    const stretch = (at: number): number => Math.floor((times[at] ?? NaN) / 40);
    for (let from = 0, to = 1; from < times.length; from = to, to = from + 1) {
      while (times[to]! - times[to - 1]! < 6 && stretch(to) === stretch(from)) to++;
      const end = Math.min(times[to - 1]! + 6, (stretch(from) + 1) * 40);
      found.push({ k: group[0]?.k ?? null, start: times[from]!, end, values: [to - from] });
    }
  }
  return found;
}

/** What must come out: the texts of all rows, what each dedup dropped, and how many rows fail. */
export function rowDedupOracle(logs: readonly Log[]): {
  rows: string[];
  duplicates: { peaks: number; rare: number; calm: number; marks: number };
  failed: number;
} {
  const records = logs.flatMap((log) => {
    let max = -Infinity;
    return log.map((event): Record => {
      const watermark = max - 5;
      max = Math.max(max, event.t);
      return { ...event, watermark };
    });
  });
  const ofRecords = (grace: number) => ({
    t: ({ t }: Record) => t,
    isIn: ({ watermark }: Record, end: number) => end + grace > watermark,
  });
  const ofRows = { t: ({ end }: Row) => end - 0.001, isIn: () => true };
  const n = (inside: readonly unknown[]): number => inside.length;
  const tens = windows(records, [10, 10, 0], ofRecords(3), (inside) => [
    ...[n(inside), inside.reduce((sum, { x }) => sum + x, 0)],
  ]);
  const high = tens.filter(({ values }) => Number(values[1]) > 3);
  const first = firsts(high, 30, ({ values }) => values[0]);
  const peaks = first
    .filter(({ values }) => Number(values[1]) * 200000000 <= 2147483647)
    .map((row): Row => {
      const [count = 0, total = 0] = row.values.map(Number);
      return { ...row, values: [count, total, total / count, total * 200000000] };
    });
  const rare = firsts(peaks, 90, ({ k }) => k);
  const slides = windows(peaks, [30, 10, 0], ofRows, (inside) => [
    ...[n(inside), inside.reduce((sum, { values }) => sum + Number(values[0]), 0)],
  ]);
  const visits = sessions(records);
  const calm = firsts(visits, 15, ({ values }) => values[0]);
  const named = (size: string) => (inside: readonly unknown[]) => [n(inside), size];
  const all = [
    ...windows(records, [10, 10, 0], ofRecords(1), named('ones')),
    ...windows(records, [20, 20, 5], ofRecords(25), named('twos')),
  ];
  const marks = firsts(all, 30, ({ k, values }) => [k, values[0]]);
  const wide = windows(marks, [60, 60, 0], ofRows, (inside) => [
    ...[n(inside), inside.filter(({ values }) => values[1] === 'ones').length],
  ]);
  const texts = (name: string, rows: readonly Row[]): string[] =>
    rows.map(({ k, start, values }) =>
      [name, JSON.stringify(k), start, ...values.map(String)].join(' '),
    );
  const found = { peaks, slides, rare, calm, marks, wide };
  return {
    rows: Object.entries(found)
      .flatMap(([name, rows]) => texts(name, rows))
      .sort(),
    duplicates: {
      peaks: high.length - first.length,
      rare: peaks.length - rare.length,
      calm: visits.length - calm.length,
      marks: all.length - marks.length,
    },
    failed: first.length - peaks.length,
  };
}
