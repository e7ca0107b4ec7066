import { describe, expect, test } from 'vitest';
import { codesIn, definition, found, planned } from './definition.fixture.ts';
import type { RecordNode } from './planner.ts';

const sinks = 'out: { from: s, stdout: {} }';

const nodeOf = (stage: string): RecordNode =>
  planned(definition({ stages: `s:\n  from: readings\n${stage}`, sinks })).stages[0] as RecordNode;

describe('a row-wise stage', () => {
  test('runs its keywords in their order, whatever the order written', () => {
    const { operations } = nodeOf('  set: { gap: t - felt }\n  where: n > 0');
    expect(operations.map(({ operation }) => operation)).toEqual(['where', 'set']);
  });

  test('adds columns at the end of the frame; a replaced one keeps its place, not its slot', () => {
    const { columns, slots } = nodeOf('  set: { gap: t - felt, city: upper(city) }');
    expect(columns.map(({ name, slot }) => `${name} ${slot}`)).toEqual([
      'city 7',
      'region 1',
      't 2',
      'felt 3',
      'n 4',
      'at 5',
      'gap 6',
    ]);
    expect(slots).toBe(8);
  });

  test('types what it sets: null may come of what may be null', () => {
    const { columns } = nodeOf(
      '  set: { gap: t - felt, warm: t > 0, filled: "coalesce(felt, t)" }',
    );
    expect(columns.slice(6).map(({ type, nullable }) => [type, nullable])).toEqual([
      ['double', true],
      ['bool', false],
      ['double', false],
    ]);
  });

  test('sets see those before them, and those of the stage above', () => {
    const text = definition({
      stages: 's: { from: readings, set: { a: t + 1, b: a * 2 } }\nz: { from: s, where: b > a }',
      sinks: 'out: { from: z, stdout: {} }',
    });
    expect(codesIn(text)).toEqual([]);
  });
});

describe('a column that could not be set', () => {
  test('is reported where it is wrong, not where it is read', () => {
    const text = definition({
      stages: `
s: { from: readings, set: { gap: t - nope, twice: 2 * gap } }
w: { from: s, window: { tumbling: 1m }, group_by: [gap], aggregate: { most: max(twice) } }`,
      sinks: `
out: { from: s, where: twice > 0, kafka: { topic: t, key: gap } }
table: { from: w, where: most > 0, cassandra: { table: w, primary_key: [[gap], window_start] } }`,
    });
    expect(found(text)).toEqual(['unknown-column: there is no column nope']);
  });

  test('hides the column it was to replace, so that nothing is typed by the old one', () => {
    const text = definition({
      stages: 's: { from: readings, set: { n: upper(nope) } }',
      sinks: 'out: { from: s, where: "upper(n) = \'A\'", stdout: {} }',
    });
    expect(found(text)).toEqual(['unknown-column: there is no column nope']);
  });

  test('is there again once a later stage sets it', () => {
    const text = definition({
      stages:
        's: { from: readings, set: { gap: nope } }\nz: { from: s, set: { gap: t, more: gap + city } }',
      sinks: 'out: { from: z, stdout: {} }',
    });
    expect(codesIn(text)).toEqual(['unknown-column', 'type-mismatch']);
  });
});

describe('a stage after a window', () => {
  const after = (set: string): string =>
    definition({
      stages: `
w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
s: { from: w, set: { ${set} } }`,
      sinks,
    });

  test.each(['city: upper(city)', 'window_start: window_end', 'window_end: window_start'])(
    'R6: may not replace what identifies its rows (%s)',
    (set) => {
      expect(codesIn(after(set))).toEqual(['duplicate-column']);
    },
  );

  test('may replace and add everything else', () => {
    expect(codesIn(after('n: n + 1, town: upper(city)'))).toEqual([]);
  });
});
