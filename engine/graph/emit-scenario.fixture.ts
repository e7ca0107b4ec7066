/** A pipeline whose windows give rows before they are final (W5), for tests. */
import { planned } from '../plan/definition.fixture.ts';
import { type Log, oracle } from './scenario.fixture.ts';

/** The windows of scenario.fixture.ts, with `none` for the null key: a key of a table is not null. */
export const emitPlan = planned(`
name: e
connections:
  cassandra: { contact_points: "localhost:9042", keyspace: e }
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  named: { from: readings, set: { key: "coalesce(k, 'none')" }, select: [key, t, x] }
  tens: { from: named, window: { tumbling: 10s, grace: 3s }, group_by: [key], aggregate: { n: count(), total: sum(x) }, late: dead_letter, emit: on_end }
  slides: { from: named, window: { sliding: 25s, every: 10s }, group_by: [key], aggregate: { n: count() }, emit: { every: 5s } }
  doubled: { from: slides, set: { twice: n * 2 } }
sinks:
  tens: { from: tens, cassandra: { table: tens, primary_key: [[key], window_start] } }
  slides: { from: slides, cassandra: { table: slides, primary_key: [[key], window_start] } }
  doubled: { from: doubled, cassandra: { table: doubled, primary_key: [[key], window_start] } }
  rows: { from: named, where: x > 5, stdout: json }
`);

/** What must stand in the end. */
export function emitOracle(logs: readonly Log[]): { rows: string[]; late: string[] } {
  const named = logs.map((log) => log.map((event) => ({ ...event, k: event.k ?? 'none' })));
  const { rows: all, late } = oracle(named);
  // Of the aggregates of that pipeline the first ones: words are name, key, start, then results.
  const rows = all.map((row) => {
    const words = row.split(' ');
    return words.slice(0, { tens: 5, slides: 4 }[words[0] ?? '']).join(' ');
  });
  const doubled = rows.flatMap((row) => {
    const [name, k, start, n] = row.split(' ');
    return name === 'slides' ? [`doubled ${k} ${start} ${n} ${Number(n) * 2}`] : [];
  });
  return { rows: [...rows, ...doubled].sort(), late };
}
