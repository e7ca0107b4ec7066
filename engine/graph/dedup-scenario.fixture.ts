/** A pipeline with dedups for tests: windows and sinks below them, one dedup below another, one window beside. */
import { planned } from '../plan/definition.fixture.ts';
import { type RulesOutcome, byRules } from './dedup-rules.fixture.ts';
import type { Log } from './scenario.fixture.ts';

/** `big` fails from x = 6 on: its record has been seen by then, and is no row. */
export const dedupPlan = planned(`
name: d
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  once:
    from: readings
    where: x < 9
    dedup: { by: [k, x], within: 20s }
    set: { y: x * 2, big: cast(x * 400000000 as int) }
  rare:
    from: once
    where: y > 4
    dedup: { by: [k], within: 8s }
  tens: { from: once, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(y), last_of: 'max_by(y, t)' }, late: dead_letter }
  slides: { from: rare, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count() }, late: dead_letter }
  beside: { from: readings, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() }, late: dead_letter }
sinks:
  tens: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  beside: { from: beside, stdout: json }
  rows: { from: once, where: y > 2, stdout: json }
`);

/** What must come out: rows, letters, and what each stage did. */
export interface DedupOutcome extends RulesOutcome<'once' | 'rare'> {
  readonly rows: string[];
}

/** The whole pipeline, record by record, straight from the rules O2 and W1 to W3. */
export function dedupOracle(logs: readonly Log[]): DedupOutcome {
  const windows = new Map<string, { n: number; total: number; t: number; y: number }>();
  const rows: string[] = [];
  const found = byRules(logs, { once: 0, rare: 0 }, ({ k, t, x }, rules) => {
    const count = (names: readonly string[], y: number): void => {
      for (const name of names) {
        const before = windows.get(name) ?? { n: 0, total: 0, t: -Infinity, y: 0 };
        const { n, total } = before;
        // Partitions and offsets come in their order: of equal times the first stays (O1).
        const newest = t > before.t ? { t, y } : { t: before.t, y: before.y };
        windows.set(name, { n: n + 1, total: total + y, ...newest });
      }
    };
    count(rules.windows('beside', [10, 10, 0]), 0);
    if (!(x < 9) || !rules.first('once', [k, x], 20)) return;
    if (x * 400000000 > 2147483647) {
      rules.fails('once');
      return;
    }
    const y = x * 2;
    count(rules.windows('tens', [10, 10, 3]), y);
    if (y > 2) rows.push(`rows ${JSON.stringify(k)} ${t} ${x} ${y} ${x * 400000000}`);
    if (y > 4 && rules.first('rare', k, 8)) count(rules.windows('slides', [25, 10, 0]), y);
  });
  for (const [key, { n, total, y }] of windows) {
    rows.push(key.startsWith('tens') ? `${key} ${n} ${total} ${y}` : `${key} ${n}`);
  }
  return { ...found, rows: rows.sort() };
}
