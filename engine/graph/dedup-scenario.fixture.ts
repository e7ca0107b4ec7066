/** A pipeline with dedups for tests: windows and sinks below them, one dedup below another, one window beside. */
import { planned } from '../plan/definition.fixture.ts';
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

/** What must come out: rows, letters as `CODE stage partition@offset`, and what each stage did. */
export interface DedupOutcome {
  readonly rows: string[];
  readonly letters: string[];
  readonly duplicates: Record<'once' | 'rare', number>;
}

/** The whole pipeline, record by record, straight from the rules O2 and W1 to W3. */
export function dedupOracle(logs: readonly Log[]): DedupOutcome {
  const windows = new Map<string, { n: number; total: number; t: number; y: number }>();
  const letters: string[] = [];
  const rows: string[] = [];
  const duplicates = { once: 0, rare: 0 };
  logs.forEach((log, partition) => {
    const seen = { once: new Map<string, number>(), rare: new Map<string, number>() };
    let max = -Infinity;
    log.forEach(({ k, t, x }, offset) => {
      const watermark = max - 5;
      max = Math.max(max, t);
      const at = `${partition}@${offset}`;
      const first = (stage: 'once' | 'rare', key: string, within: number): boolean => {
        const before = seen[stage].get(key);
        if (before !== undefined && before + within > watermark) {
          duplicates[stage]++;
          return false;
        }
        seen[stage].set(key, t);
        return true;
      };
      const window = (stage: string, [size, slide, grace]: number[], y: number): void => {
        let isIn = false;
        for (let start = Math.floor(t / slide!) * slide!; start > t - size!; start -= slide!) {
          if (start + size! + grace! <= watermark) continue;
          isIn = true;
          const key = `${stage} ${JSON.stringify(k)} ${start}`;
          const before = windows.get(key) ?? { n: 0, total: 0, t: -Infinity, y: 0 };
          const { n, total } = before;
          // Partitions and offsets come in their order: of equal times the first stays (O1).
          const newest = t > before.t ? { t, y } : { t: before.t, y: before.y };
          windows.set(key, { n: n + 1, total: total + y, ...newest });
        }
        if (!isIn) letters.push(`LATE ${stage} ${at}`);
      };
      window('beside', [10, 10, 0], 0);
      if (!(x < 9) || !first('once', JSON.stringify([k, x]), 20)) return;
      if (x * 400000000 > 2147483647) {
        letters.push(`EXPRESSION once ${at}`);
        return;
      }
      const y = x * 2;
      window('tens', [10, 10, 3], y);
      if (y > 2) rows.push(`rows ${JSON.stringify(k)} ${t} ${x} ${y} ${x * 400000000}`);
      if (y > 4 && first('rare', JSON.stringify(k), 8)) window('slides', [25, 10, 0], y);
    });
  });
  for (const [key, { n, total, y }] of windows) {
    rows.push(key.startsWith('tens') ? `${key} ${n} ${total} ${y}` : `${key} ${n}`);
  }
  return { rows: rows.sort(), letters: letters.sort(), duplicates };
}
