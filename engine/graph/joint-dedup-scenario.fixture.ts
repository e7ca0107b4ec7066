/** A pipeline with dedups over two sources for tests, and what must come of it by the rules. */
import { planned } from '../plan/definition.fixture.ts';
import {
  type Logs,
  type Placed,
  byPosition,
  inOrder,
  placed,
  positionOf,
  twoSources,
} from './two-sources.fixture.ts';

/**
 * `both` takes records of both sources as they are and fails from x = 8 on, `mixed` those of one behind a dedup of its
 * own, `twice` what comes out of `both` and once more the records of a.
 */
export const jointDedupPlan = planned(`
name: both
${twoSources}
stages:
  other: { from: b, where: value <> 3, set: { k: name, x: value, t: at }, select: [x, k, t] }
  both: { from: [other, a], dedup: { by: [k, x], within: 15s }, set: { y: x * 2, big: cast(x * 300000000 as int) } }
  tens: { from: both, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(y), head: first(x) }, late: dead_letter }
  once: { from: a, where: x < 7, dedup: { by: [k, x], within: 20s } }
  mixed: { from: [once, other], where: x > 0, dedup: { by: [k], within: 8s } }
  slides: { from: mixed, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count() }, late: dead_letter }
  plain: { from: a, set: { y: x, big: cast(0 as int) } }
  twice: { from: [both, plain], dedup: { by: [k, y], within: 12s } }
  fives: { from: twice, window: { tumbling: 5s, grace: 2s }, group_by: [k], aggregate: { n: count(), total: sum(y) } }
sinks:
  rows: { from: both, where: y > 2, stdout: json }
  tens: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  mixed: { from: mixed, stdout: json }
  twice: { from: twice, stdout: json }
  fives: { from: fives, stdout: json }
`);

interface Row extends Placed {
  readonly y: number;
  /** By which input of `twice`. */
  readonly way: number;
}

/** O2 over several sources. */
const inJointOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted((p, q) => p.place - q.place || byPosition(p, q) || p.way - q.way);

/** The first of each key, in the order given. */
function firsts(
  rows: readonly Row[],
  within: number,
  of: { readonly key: (row: Row) => unknown; readonly clock: (row: Row) => number },
): Row[] {
  const seen = new Map<string, number>();
  return rows.filter((row) => {
    const key = JSON.stringify(of.key(row));
    const before = seen.get(key);
    if (before !== undefined && before + within > of.clock(row)) return false;
    if (row.t + within > of.clock(row)) seen.set(key, row.t);
    return true;
  });
}

/** What must come out: rows, letters as `CODE stage source partition@offset`, what each dedup dropped. */
export function jointDedupOracle(logs: Logs): {
  readonly rows: string[];
  readonly letters: string[];
  readonly duplicates: Record<'both' | 'once' | 'mixed' | 'twice', number>;
} {
  const records = placed(logs).map((record): Row => ({ ...record, y: 0, way: 0 }));
  const all = records.filter(({ source, x }) => source === 'a' || x !== 3);
  const letters = new Set<string>();
  const joint = (rows: readonly Row[], within: number, key: (row: Row) => unknown): Row[] =>
    firsts(inJointOrder(rows), within, { key, clock: ({ place }) => place });
  const passing = joint(all, 15, ({ k, x }) => [k, x]);
  for (const row of passing) if (row.x > 7) letters.add(`EXPRESSION both ${positionOf(row)}`);
  const both = passing.filter(({ x }) => x <= 7).map((row) => ({ ...row, y: row.x * 2 }));
  const low = records.filter(({ source, x }) => source === 'a' && x < 7);
  const byPartition = [...Map.groupBy(low, ({ partition }) => partition).values()];
  const once = byPartition.flatMap((rows) =>
    firsts(rows, 20, { key: ({ k, x }) => [k, x], clock: ({ watermark }) => watermark }),
  );
  const high = [...once, ...all.filter(({ source }) => source === 'b')].filter(({ x }) => x > 0);
  const mixed = joint(high, 8, ({ k }) => k);
  const plain = records
    .filter(({ source }) => source === 'a')
    .map((row) => ({ ...row, y: row.x, way: 1 }));
  const twice = joint([...both, ...plain], 12, ({ k, y }) => [k, y]);

  const windows = (
    stage: string,
    rows: readonly Row[],
    [size, slide, grace]: readonly [number, number, number],
    values: (inside: readonly Row[]) => unknown[],
  ): string[] => {
    const found = new Map<string, Row[]>();
    for (const row of rows) {
      const { t, k, watermark } = row;
      let isIn = false;
      for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
        if (start + size + grace <= watermark) continue;
        isIn = true;
        const name = `${stage} ${JSON.stringify(k)} ${start}`;
        found.set(name, [...(found.get(name) ?? []), row]);
      }
      if (!isIn && stage !== 'fives') letters.add(`LATE ${stage} ${positionOf(row)}`);
    }
    return Array.from(found, ([name, inside]) => [name, ...values(inside)].map(String).join(' '));
  };
  const total = (inside: readonly Row[]): number => inside.reduce((sum, { y }) => sum + y, 0);
  const head = (inside: readonly Row[]): number | undefined => inOrder(inside)[0]?.x;
  const rows = [
    ...both.filter(({ y }) => y > 2).map(({ k, t, x }) => `rows ${JSON.stringify(k)} ${t} ${x}`),
    ...mixed.map(({ k, t, x }) => ['mixed', JSON.stringify(k), t, x].map(String).join(' ')),
    ...twice.map(({ k, t, x, y, way }) =>
      // In the order of the columns of `both`.
      [`twice ${x}`, k, t, y, way === 1 ? 0 : x * 300000000].map(String).join(' '),
    ),
    ...windows('tens', both, [10, 10, 3], (inside) => [inside.length, total(inside), head(inside)]),
    ...windows('slides', mixed, [25, 10, 0], (inside) => [inside.length]),
    ...windows('fives', twice, [5, 5, 2], (inside) => [inside.length, total(inside)]),
  ];
  return {
    rows: rows.sort(),
    letters: [...letters].sort(),
    duplicates: {
      both: all.length - passing.length,
      once: low.length - once.length,
      mixed: high.length - mixed.length,
      twice: both.length + plain.length - twice.length,
    },
  };
}
