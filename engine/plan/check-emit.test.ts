import { describe, expect, test } from 'vitest';
import { definition, found, planned } from './definition.fixture.ts';
import type { WindowNode } from './planner.ts';

const table = 'cassandra: { table: w, primary_key: [[city], window_start] }';

const text = (
  more: string,
  { stages = '', sinks = `out: { from: w, ${table} }`, window = 'tumbling: 10m, grace: 1m' } = {},
): string =>
  definition({
    stages: `w: { from: readings, window: { ${window} }, group_by: [city], aggregate: { n: count() }, ${more} }\n${stages}`,
    sinks,
  });

const emitOf = (definitionText: string): WindowNode['emit'] =>
  (planned(definitionText).stages[0] as WindowNode).emit;

describe('W5: rows before they are final', () => {
  test('are asked for by a word or an interval', () => {
    expect(emitOf(text('late: drop'))).toBe('final');
    expect(emitOf(text('emit: on_end'))).toBe('on_end');
    expect(emitOf(text('emit: { every: 30s }'))).toEqual({ everyMs: 30_000 });
    expect(found(text('emit: on_ends'))).toHaveLength(1);
    expect(found(text('emit: { evry: 30s }'))).toHaveLength(1);
  });

  test.each(['stdout: {}', 'kafka: { topic: t }', 'file: { path: "o/{part}.ndjson" }'])(
    'do not go to %s, which cannot take them back',
    (sink) => {
      const through = {
        stages: 's: { from: w, set: { twice: n * 2 } }',
        sinks: `a: { from: w, ${table} }\nb: { from: s, ${sink} }`,
      };
      expect(found(text('emit: on_end', through))).toEqual([
        'emit-sink: b cannot take back rows of w that are not final yet (emit: on_end)',
      ]);
      expect(found(text('emit: final', through))).toEqual([]);
    },
  );

  test('do not take the place of the final rows of other windows', () => {
    const latest = {
      sinks: 'out: { from: w, cassandra: { table: w, primary_key: [city], latest: true } }',
    };
    expect(found(text('emit: { every: 1m }', latest))).toEqual([
      'emit-sink: a row that is not final yet could take the place of a final one (emit: every 1m): the key of out lacks window_start',
    ]);
    expect(found(text('emit: final', latest))).toEqual([]);
  });

  test('are not filtered, wherever the filter stands', () => {
    const filtered = (name: string): string =>
      `emit-filter: a row of ${name} that passes here now may not pass in the end, and would stay (emit: on_end)`;
    expect(found(text('having: n > 1, emit: on_end'))).toEqual([filtered('w')]);
    const below = {
      stages: 's: { from: w, where: n > 1 }',
      sinks: `a: { from: s, where: n > 2, ${table} }`,
    };
    expect(found(text('emit: on_end', below))).toEqual([filtered('w'), filtered('w')]);
    expect(found(text('having: n > 1', below))).toEqual([]);
  });

  test('are not read by another window, which would count them again', () => {
    const below = {
      stages: 'x: { from: w, window: { tumbling: 1h }, aggregate: { n: sum(n) } }',
      sinks: 'out: { from: x, stdout: {} }',
    };
    expect(found(text('emit: on_end', below))).toEqual([
      'window-order: rows of w may come out before they are final, and would count again',
    ]);
  });

  test('are none of a session: its start may still change', () => {
    expect(found(text('emit: on_end', { window: 'session: 10m, max: 1d' }))).toEqual([
      'emit-window: a session has no row before it is final: its `window_start` may still change',
    ]);
  });
});
