/** A pipeline of counted windows for tests: over records, below a dedup, over unions and over windows. */
import { planned } from '../plan/definition.fixture.ts';
import type { Event, Log } from './scenario.fixture.ts';

/** Sinks of counted windows are called `count_…`, so that `rowTexts` tells their partition and number. */
export const countPlan = planned(`
name: c
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  threes: { from: readings, window: { count: 3 }, group_by: [k], aggregate: { n: count(), total: sum(x), least: min(t), different: "count_distinct(x, 9)" } }
  once: { from: readings, dedup: { by: [k, x], within: 20s } }
  pairs: { from: once, window: { count: 2 }, group_by: [k], aggregate: { n: count(), total: sum(x) }, having: total < 12 }
  high: { from: readings, where: x >= 4, set: { x: x + 100 } }
  odd: { from: readings, where: x % 2 = 1 }
  joined: { from: [high, odd], window: { count: 4 }, group_by: [k], aggregate: { n: count(), total: sum(x) } }
  mixed: { from: [once, high], window: { count: 3 }, group_by: [k], aggregate: { n: count(), total: sum(x), different: "count_distinct(x, 9)", top: "max(concat(k, '!'))" } }
  rare: { from: [odd, once], dedup: { by: [k], within: 5s } }
  late: { from: [rare, high, once], window: { count: 5 }, group_by: [k], aggregate: { n: count(), total: sum(x), least: min(x), most: max(x) } }
  tens: { from: readings, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() } }
  slots: { from: tens, window: { count: 2 }, group_by: [k], aggregate: { n: count(), total: sum(n) } }
sinks:
  count_threes: { from: threes, stdout: json }
  count_pairs: { from: pairs, stdout: json }
  count_joined: { from: joined, stdout: json }
  count_mixed: { from: mixed, stdout: json }
  count_late: { from: late, stdout: json }
  count_slots: { from: slots, stdout: json }
`);

/** `x` where it counts. */
type Counted = Pick<Event, 'k' | 'x'> & Partial<Event>;

/** Windows of `size` rows of each group, in their order; the last one may have fewer. */
function windowsOf(rows: readonly Counted[], size: number): { head: string; rows: Counted[] }[] {
  const groups = Map.groupBy(rows, ({ k }) => JSON.stringify(k));
  return Array.from(groups).flatMap(([k, inside]) =>
    Array.from({ length: Math.ceil(inside.length / size) }, (_, index) => ({
      head: `${k} P/${index}`,
      rows: inside.slice(index * size, (index + 1) * size),
    })),
  );
}

const sum = (rows: readonly Counted[]): number => rows.reduce((total, { x }) => total + x, 0);

/** The first of records with the same k and x within 20 s (O2), and what is in time for `tens` (W2). */
function keptOf(log: Log): Record<'once' | 'timely' | 'mixed' | 'late', Event[]> {
  let max = -Infinity;
  const seen = new Map<string, number>();
  const kept = { once: [], timely: [], mixed: [], late: [] } as ReturnType<typeof keptOf>;
  for (const event of log) {
    const { k, t, x } = event;
    const watermark = max - 5;
    max = Math.max(max, t);
    if ((Math.floor(t / 10) + 1) * 10 > watermark) kept.timely.push(event);
    const isFirst = (key: string, within: number): boolean => {
      if ((seen.get(key) ?? -Infinity) + within > watermark) return false;
      seen.set(key, t);
      return true;
    };
    const once = isFirst(JSON.stringify([k, x]), 20) ? [event] : [];
    const high = x >= 4 ? [{ ...event, x: x + 100 }] : [];
    const odd = x % 2 === 1 ? [event] : [];
    const [oddRare = [], onceRare = []] = [odd, once].map((rows) =>
      rows.filter(() => isFirst(JSON.stringify(k), 5)),
    );
    kept.once.push(...once);
    kept.mixed.push(...once, ...high);
    // By their numbers: those of `rare`, which has two inputs, count in threes.
    kept.late.push(...oddRare, ...high, ...once, ...onceRare);
  }
  return kept;
}

/**
 * What must come out, sorted, record by record from rule W7. `ended`: the last windows come out, too;
 * without it `count_slots` is left out, since how far `tens` has closed is not known here.
 */
export function countOracle(logs: readonly Log[], ended: boolean): string[] {
  const tens = new Map<string, { k: string | null; pane: number; x: number }>();
  const rows = logs.flatMap((log, partition) => {
    const { once, timely, mixed, late } = keptOf(log);
    for (const { k, t } of timely) {
      const pane = Math.floor(t / 10);
      const row = tens.get(JSON.stringify([k, pane])) ?? { k, pane, x: 0 };
      row.x++;
      tens.set(JSON.stringify([k, pane]), row);
    }
    const joined = log.flatMap((event) => [
      ...(event.x >= 4 ? [{ ...event, x: event.x + 100 }] : []),
      ...(event.x % 2 === 1 ? [event] : []),
    ]);
    const texts = (
      name: string,
      size: number,
      all: readonly Counted[],
      more: (rows: readonly Counted[]) => string = () => '',
    ): string[] =>
      windowsOf(all, size)
        .filter(({ rows }) => ended || rows.length === size)
        .filter(({ rows }) => name !== 'pairs' || sum(rows) < 12)
        .map(({ head, rows }) => {
          const at = head.replace('P', String(partition));
          return `count_${name} ${at} ${rows.length} ${sum(rows)}${more(rows)}`;
        });
    return [
      ...texts('threes', 3, log, (rows) => {
        const different = new Set(rows.map(({ x }) => x)).size;
        return ` ${Math.min(...rows.map(({ t = NaN }) => t))} ${different} 0`;
      }),
      ...texts('pairs', 2, once),
      ...texts('joined', 4, joined),
      ...texts('mixed', 3, mixed, (rows) => {
        const different = new Set(rows.map(({ x }) => x)).size;
        const [k = null] = rows.map((row) => row.k);
        return ` ${different} 0 ${String(k === null ? null : `${k}!`)}`;
      }),
      ...texts('late', 5, late, (rows) => {
        const all = rows.map(({ x }) => x);
        return ` ${Math.min(...all)} ${Math.max(...all)}`;
      }),
    ];
  });
  const below = [...tens.values()].toSorted((a, b) => a.pane - b.pane);
  const slots = windowsOf(below, 2).map(
    ({ head, rows }) => `count_slots ${head.replace('P', '0')} ${rows.length} ${sum(rows)}`,
  );
  return [...rows, ...(ended ? slots : [])].sort();
}
