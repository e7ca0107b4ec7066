/** A pipeline over two sources for tests: unions of records, of rows of windows, and what comes of them. */
import { planned } from '../plan/definition.fixture.ts';
import {
  type Logs,
  type Placed,
  inOrder,
  placed,
  positionOf,
  twoSources,
} from './two-sources.fixture.ts';

/** Threes of `b` are left out. */
export const unionPlan = planned(`
name: both
${twoSources}
stages:
  other: { from: b, where: value <> 3, set: { k: name, x: value, t: at }, select: [x, k, t] }
  both: { from: [other, a] }
  tens: { from: both, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x), head: first(x), tail: last(x) }, late: dead_letter }
  slides: { from: [a, other], window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), low_at: "min_by(t, x)" } }
  visits: { from: both, window: { session: 6s, max: 40s, grace: 2s }, group_by: [k], aggregate: { n: count(), list: "collect_list(x, 3)" } }
  items: { from: visits, explode: { column: list, as: item }, set: { twice: item * 2, fails: "cast(item * 250000000 as int)" }, omit: [list] }
  per_item: { from: items, window: { tumbling: 60s }, group_by: [item], aggregate: { n: count(), head: first(k) } }
  ones: { from: a, window: { tumbling: 10s, grace: 1s }, group_by: [k], aggregate: { n: count() } }
  twos: { from: other, window: { tumbling: 20s }, group_by: [k], aggregate: { n: count() } }
  one: { from: ones, set: { size: "'ones'" } }
  two: { from: twos, where: n > 1, set: { size: "'twos'" } }
  marks: { from: [two, one] }
  wide: { from: marks, window: { tumbling: 40s }, group_by: [size], aggregate: { windows: count(), records: sum(n) } }
  heads: { from: [one, two], window: { sliding: 60s, every: 20s }, aggregate: { head: first(n), of: first(size), tail: last(n) } }
sinks:
  rows: { from: both, where: x > 5, stdout: json }
  tens: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  visits: { from: visits, stdout: json }
  items: { from: items, stdout: json }
  per_item: { from: per_item, stdout: json }
  marks: { from: marks, stdout: json }
  wide: { from: wide, stdout: json }
  heads: { from: heads, stdout: json }
`);

/** A row of a window, times in seconds. */
interface Row {
  readonly k: string | number | null;
  readonly start: number;
  readonly end: number;
  readonly values: readonly (string | number | null)[];
}

/** Groups of windows [start, start + size) of records or rows at their times. */
function windowsOf<T>(
  all: readonly T[],
  [size, slide]: readonly [number, number],
  of: (one: T) => { key: unknown; t: number; isIn: (end: number) => boolean },
): { start: number; end: number; inside: T[] }[] {
  const found = new Map<string, { start: number; end: number; inside: T[] }>();
  for (const one of all) {
    const { key, t, isIn } = of(one);
    for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
      if (!isIn(start + size)) continue;
      const name = JSON.stringify([key, start]);
      const window = found.get(name) ?? { start, end: start + size, inside: [] };
      found.set(name, window);
      window.inside.push(one);
    }
  }
  return [...found.values()];
}

function records(
  all: readonly Placed[],
  [size, slide, grace]: readonly [number, number, number],
  values: (inside: readonly Placed[]) => Row['values'],
): Row[] {
  const of = ({ k, t, watermark }: Placed) => ({
    ...{ key: k, t },
    isIn: (end: number) => end + grace > watermark,
  });
  return windowsOf(all, [size, slide], of).map(({ start, end, inside }) => {
    const sorted = inOrder(inside);
    return { k: sorted[0]?.k ?? null, start, end, values: values(sorted) };
  });
}

/** W6. */
function sessions(all: readonly Placed[]): Row[] {
  const found: Row[] = [];
  const kept = all.filter(({ t, watermark }) => t + 2 > watermark);
  for (const group of Map.groupBy(kept, ({ k }) => JSON.stringify(k)).values()) {
    const sorted = inOrder(group);
    const time = (at: number): number => sorted[at]?.t ?? NaN;
    const stretch = (at: number): number => Math.floor(time(at) / 40);
    for (let from = 0, to = 1; from < sorted.length; from = to, to = from + 1) {
      while (time(to) - time(to - 1) < 6 && stretch(to) === stretch(from)) to++;
      const inside = sorted.slice(from, to);
      const list = inside.slice(0, 3).map(({ x }) => x);
      found.push({
        ...{ k: sorted[from]?.k ?? null, start: time(from) },
        end: Math.min(time(to - 1) + 6, (stretch(from) + 1) * 40),
        values: [inside.length, JSON.stringify(list)],
      });
    }
  }
  return found;
}

/** O1 for rows of windows: by end, window, key; null is behind all texts. */
const text = (k: Row['k']): string => (k === null ? '\uffff' : String(k));
const byEnd = (p: Row, q: Row): number =>
  p.end - q.end || Number(text(p.k) > text(q.k)) - Number(text(p.k) < text(q.k));

const rowAt = ({ end, k }: Row, key: unknown = k) => ({ key, t: end - 0.001, isIn: () => true });

const sum = (rows: readonly Row[], at = 0): number =>
  rows.reduce((total, { values }) => total + Number(values[at]), 0);

const line = (name: string, { k, start, values }: Row): string =>
  [name, JSON.stringify(k), start, ...values.map(String)].join(' ');

/** What must come out: rows of all sinks, letters of late records, and how many items fail. */
export function unionOracle(logs: Logs): { rows: string[]; late: string[]; failed: number } {
  const every = placed(logs);
  const all = every.filter(({ source, x }) => source === 'a' || x !== 3);
  const count = (inside: readonly unknown[]): number[] => [inside.length];
  const tens = records(all, [10, 10, 3], (inside) => [
    ...[inside.length, inside.reduce((total, { x }) => total + x, 0)],
    ...[inside[0]?.x ?? null, inside.at(-1)?.x ?? null],
  ]);
  const slides = records(all, [25, 10, 0], (inside) => {
    const least = Math.min(...inside.map(({ x }) => x));
    return [inside.length, inside.find(({ x }) => x === least)?.t ?? null];
  });
  const visits = sessions(all);
  const exploded = visits.toSorted(byEnd).flatMap((row) =>
    (JSON.parse(String(row.values[1])) as number[]).map((item) => ({
      ...row,
      values: [row.values[0] ?? null, item, item * 2, item * 250000000],
    })),
  );
  const items = exploded.filter(({ values }) => Number(values[3]) <= 2147483647);
  const perItem = windowsOf(items, [60, 60], (row) => rowAt(row, row.values[1])).map(
    ({ start, end, inside }): Row => {
      const k = Number(inside[0]?.values[1]);
      const head = inside.find((row) => row.k !== null)?.k ?? null;
      return { k, start, end, values: [inside.length, head] };
    },
  );
  const ones = records(
    all.filter(({ source }) => source === 'a'),
    [10, 10, 1],
    count,
  );
  const twos = records(
    all.filter(({ source }) => source === 'b'),
    [20, 20, 0],
    count,
  );
  const named = (rows: readonly Row[], size: string): Row[] =>
    rows.map((row) => ({ ...row, values: [...row.values, size] }));
  const one = named(ones, 'ones');
  const two = named(twos, 'twos').filter(({ values }) => Number(values[0]) > 1);
  const marks = [...one, ...two];
  const wide = windowsOf(marks, [40, 40], (row) => rowAt(row, row.values[1])).map(
    ({ start, end, inside }): Row => {
      const k = inside[0]?.values[1] ?? null;
      return { k, start, end, values: [inside.length, sum(inside)] };
    },
  );
  const heads = windowsOf(marks, [60, 20], (row) => rowAt(row, null)).map(({ start, inside }) => {
    // Windows in the order of their names: `ones` comes before `twos`.
    const [first, last] = [inside.toSorted(byEndOf)[0], inside.toSorted(byEndOf).at(-1)];
    return ['heads', start, first?.values[0], first?.values[1], last?.values[0]].join(' ');
  });
  const rows = [
    ...all.filter(({ x }) => x > 5).map(({ k, t, x }) => `rows ${JSON.stringify(k)} ${t} ${x}`),
    ...tens.map((row) => line('tens', row)),
    ...slides.map((row) => line('slides', row)),
    ...visits.map((row) => line('visits', row)),
    ...items.map((row) => line('items', row)),
    ...perItem.map((row) => line('per_item', row)),
    ...marks.map((row) => line('marks', row)),
    ...wide.map((row) => line('wide', row)),
    ...heads,
  ];
  const late = all
    .filter(({ t, watermark }) => (Math.floor(t / 10) + 1) * 10 + 3 <= watermark)
    .map(positionOf);
  return { rows: rows.sort(), late: late.sort(), failed: exploded.length - items.length };
}

const byEndOf = (p: Row, q: Row): number =>
  p.end - q.end ||
  Number(String(p.values[1]) > String(q.values[1])) -
    Number(String(p.values[1]) < String(q.values[1])) ||
  byEnd(p, q);
