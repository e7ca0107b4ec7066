/** A pipeline of sessions for tests: beside and below a dedup, over windows and under them. */
import { planned } from '../plan/definition.fixture.ts';
import type { Log } from './scenario.fixture.ts';

/** Sessions of records are also read by windows; those of `steady` are over rows of windows (W8). */
export const sessionPlan = planned(`
name: s
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  visits: { from: readings, window: { session: 6s, max: 40s, grace: 2s }, group_by: [k], aggregate: { n: count(), total: sum(x) }, late: dead_letter }
  once: { from: readings, dedup: { by: [k, x], within: 20s } }
  firsts: { from: once, window: { session: 4s, max: 4s }, group_by: [k], aggregate: { n: count() }, late: dead_letter }
  halves: { from: visits, window: { tumbling: 30s }, group_by: [k], aggregate: { visits: count(), n: sum(n) } }
  tens: { from: readings, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() } }
  steady: { from: tens, window: { session: 20s, max: 80s, grace: 1s }, group_by: [k], aggregate: { tens: count(), n: sum(n) } }
sinks:
  visits: { from: visits, stdout: json }
  firsts: { from: firsts, stdout: json }
  halves: { from: halves, stdout: json }
  steady: { from: steady, stdout: json }
`);

/** A row of a window, or a record; instants in ms. */
interface Row {
  readonly k: string | null;
  readonly start: number;
  readonly end: number;
  readonly n: number;
  readonly total: number;
}

/** Rows of tumbling windows over records or rows at their time; `n` counts and sums. */
function tumbling(rows: readonly (Row & { t: number })[], size: number): Row[] {
  const groups = Map.groupBy(rows, ({ k, t }) => `${JSON.stringify(k)} ${Math.floor(t / size)}`);
  return Array.from(groups.values(), (inside) => {
    const start = Math.floor((inside[0]?.t ?? 0) / size) * size;
    return { ...sums(inside), start, end: start + size };
  });
}

/** Sessions over records or rows at their time (W6). */
function sessions(rows: readonly (Row & { t: number })[], gap: number, max: number): Row[] {
  const found: Row[] = [];
  for (const all of Map.groupBy(rows, ({ k }) => JSON.stringify(k)).values()) {
    const sorted = all.toSorted((a, b) => a.t - b.t);
    for (let from = 0, to = 1; from < sorted.length; from = to, to = from + 1) {
      const stretch = (at: number): number => Math.floor((sorted[at]?.t ?? NaN) / max);
      const time = (at: number): number => sorted[at]?.t ?? NaN;
      while (time(to) - time(to - 1) < gap && stretch(to) === stretch(from)) to++;
      const end = Math.min(time(to - 1) + gap, (stretch(from) + 1) * max);
      found.push({ ...sums(sorted.slice(from, to)), start: time(from), end });
    }
  }
  return found;
}

const sums = (rows: readonly Row[]): Pick<Row, 'k' | 'n' | 'total'> => ({
  k: rows[0]?.k ?? null,
  n: rows.reduce((sum, { n }) => sum + n, 0),
  total: rows.reduce((sum, { total }) => sum + total, 0),
});

/** Rows of a window stage as records of the next one: at their end − 1 ms, each counted once. */
const below = (rows: readonly Row[]): (Row & { t: number })[] =>
  rows.map((row) => ({ ...row, t: row.end - 1, total: 1 }));

const S = 1000;

/** What must come out: rows, and late records as `stage partition@offset`. */
export function sessionOracle(logs: readonly Log[]): { rows: string[]; late: string[] } {
  const late: string[] = [];
  const kept = { visits: [] as (Row & { t: number })[], firsts: [] as (Row & { t: number })[] };
  const tens: (Row & { t: number })[] = [];
  logs.forEach((log, partition) => {
    let max = -Infinity;
    const seen = new Map<string, number>();
    log.forEach(({ k, t, x }, offset) => {
      const watermark = max - 5;
      max = Math.max(max, t);
      const record = { k, t: t * S, start: t * S, end: t * S, n: 1, total: x };
      const take = (stage: 'visits' | 'firsts', grace: number): void => {
        if (t + grace <= watermark) late.push(`${stage} ${partition}@${offset}`);
        else kept[stage].push(record);
      };
      take('visits', 2);
      if ((Math.floor(t / 10) + 1) * 10 > watermark) tens.push(record);
      const key = JSON.stringify([k, x]);
      const before = seen.get(key);
      if (before !== undefined && before + 20 > watermark) return;
      seen.set(key, t);
      take('firsts', 0);
    });
  });
  const visits = sessions(kept.visits, 6 * S, 40 * S);
  const texts = (name: string, rows: readonly Row[], both: boolean): string[] =>
    rows.map(({ k, start, n, total }) => {
      const head = `${name} ${JSON.stringify(k)} ${start / S}`;
      return both ? `${head} ${total} ${n}` : `${head} ${n}`;
    });
  const rows = [
    ...visits.map(
      ({ k, start, n, total }) => `visits ${JSON.stringify(k)} ${start / S} ${n} ${total}`,
    ),
    ...texts('firsts', sessions(kept.firsts, 4 * S, 4 * S), false),
    ...texts('halves', tumbling(below(visits), 30 * S), true),
    ...texts('steady', sessions(below(tumbling(tens, 10 * S)), 20 * S, 80 * S), true),
  ];
  return { rows: rows.sort(), late: late.sort() };
}
