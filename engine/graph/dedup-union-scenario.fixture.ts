/** Unions around dedups for tests: below one, above one, and both at once. */
import { planned } from '../plan/definition.fixture.ts';
import { byRules, type RulesOutcome } from './dedup-rules.fixture.ts';
import type { Log } from './scenario.fixture.ts';

/**
 * To `both` records come from the workers (`warm`) and from behind a dedup (`once`); from x = 6 on it fails.
 * `rare` is a dedup of both kinds, `pair` one of two inputs in the workers. Most records that come by both inputs are
 * duplicates of themselves.
 */
export const dedupUnionPlan = planned(`
name: du
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  warm: { from: readings, where: x > 3, set: { way: "'warm'" } }
  low: { from: readings, where: x < 5, set: { spare: x, way: "'low'" }, omit: [spare] }
  once: { from: readings, where: x < 9, dedup: { by: [k, x], within: 20s }, set: { way: "'once'" } }
  both: { from: [warm, once], set: { y: x * 2, big: cast(x * 400000000 as int) } }
  tens: { from: both, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(y), once: "count_if(way = 'once')" }, late: dead_letter }
  rare: { from: both, dedup: { by: [k], within: 8s } }
  slides: { from: rare, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), once: "count_if(way = 'once')" }, late: dead_letter }
  pair: { from: [low, warm], dedup: { by: [k, x], within: 15s } }
  pairs: { from: pair, window: { tumbling: 20s, grace: 1s }, group_by: [k], aggregate: { n: count(), low: "count_if(way = 'low')" }, late: dead_letter }
sinks:
  tens: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  rows: { from: both, where: y > 2, stdout: json }
  pairs: { from: pairs, stdout: json }
`);

/** What must come out: rows, letters, and what each dedup dropped. */
export interface DedupUnionOutcome extends RulesOutcome<'once' | 'rare' | 'pair'> {
  readonly rows: string[];
}

/** The whole pipeline, record by record, straight from the rules O2 and W1 to W3. */
export function dedupUnionOracle(logs: readonly Log[]): DedupUnionOutcome {
  const windows = new Map<string, { n: number; total: number; of: number }>();
  const rows: string[] = [];
  const found = byRules(logs, { once: 0, rare: 0, pair: 0 }, ({ k, t, x }, rules) => {
    const count = (names: readonly string[], way: string): void => {
      for (const name of names) {
        const { n, total, of } = windows.get(name) ?? { n: 0, total: 0, of: 0 };
        const isOf = way === 'once' || way === 'low' ? 1 : 0;
        windows.set(name, { n: n + 1, total: total + x * 2, of: of + isOf });
      }
    };
    const ways = x > 3 ? ['warm'] : [];
    if (x < 9 && rules.first('once', [k, x], 20)) ways.push('once');
    for (const way of ways) {
      if (x * 400000000 > 2147483647) {
        rules.fails('both');
        continue;
      }
      count(rules.windows('tens', [10, 10, 3]), way);
      if (x * 2 > 2) {
        rows.push(`rows ${JSON.stringify(k)} ${t} ${x} ${way} ${x * 2} ${x * 400000000}`);
      }
      if (rules.first('rare', k, 8)) count(rules.windows('slides', [25, 10, 0]), way);
    }
    for (const way of [...(x < 5 ? ['low'] : []), ...(x > 3 ? ['warm'] : [])]) {
      if (rules.first('pair', [k, x], 15)) count(rules.windows('pairs', [20, 20, 1]), way);
    }
  });
  for (const [key, { n, total, of }] of windows) {
    rows.push(key.startsWith('tens') ? `${key} ${n} ${total} ${of}` : `${key} ${n} ${of}`);
  }
  return { ...found, rows: rows.sort() };
}
