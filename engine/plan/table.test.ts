import { describe, expect, test } from 'vitest';
import { codesIn, definition, found, planOf, planned } from './definition.fixture.ts';

const row = (table: string, stages = ''): string =>
  definition({
    stages,
    sinks: `out: { from: ${stages === '' ? 'readings' : 's'}, cassandra: ${table} }`,
  });

const windowed = (table: string, group = 'group_by: [city], '): string =>
  definition({
    stages: `w: { from: readings, window: { tumbling: 1m }, ${group}aggregate: { n: count(), hot: max(felt) } }`,
    sinks: `out: { from: w, cassandra: ${table} }`,
  });

describe('a sink that writes a table', () => {
  test('has its table, key, order and time to live in the plan', () => {
    const text = windowed(
      '{ table: w, primary_key: [[city], window_start], clustering: { window_start: desc }, ttl: 30d }',
    );
    const [sink] = planned(text).sinks;
    expect(sink?.connector).toMatchObject({
      kind: 'cassandra',
      config: {
        table: 'w',
        partitionKey: ['city'],
        clusteringKey: ['window_start'],
        clusteringOrder: { window_start: 'desc' },
        ttlMs: 30 * 86_400_000,
      },
      connection: { name: 'cassandra' },
    });
    expect(sink?.columns.map(({ name }) => name)).toEqual([
      'city',
      'window_start',
      'window_end',
      'n',
      'hot',
    ]);
  });

  test.each([
    ['[[cty]]', 'cty'],
    ['[cty]', 'cty'],
    ['[[city, cty]]', 'cty'],
    ['[city, att]', 'att'],
  ])('has a primary key of columns that are there: not %s', (key, name) => {
    const text = row(`{ table: r, primary_key: ${key} }`);
    const [diagnostic, ...others] = planOf(text).diagnostics;
    expect(others).toEqual([]);
    expect(diagnostic?.message).toBe(`there is no column ${name}`);
    const line = text.split('\n')[(diagnostic?.span.line ?? 0) - 1] ?? '';
    const { column = 0, endColumn = 0 } = diagnostic?.span ?? {};
    expect(line.slice(column - 1, endColumn - 1)).toContain(name);
  });

  test('W7 K1: keys rows of windows that count by partition and number; the last of each partition may be kept', () => {
    const counted = (key: string): string[] =>
      found(
        definition({
          stages:
            'w: { from: readings, window: { count: 5 }, group_by: [city], aggregate: { n: count() } }',
          sinks: `out: { from: w, cassandra: { table: w, primary_key: ${key} } }`,
        }),
      );
    const lacks = (names: string): string[] => [
      `window-key: rows of several windows would overwrite each other: the key lacks ${names}`,
    ];
    expect(counted('[[city, partition], window_index]')).toEqual([]);
    expect(counted('[[city], partition]')).toEqual(lacks('window_index'));
    expect(counted('[city]')).toEqual(lacks('partition, window_index'));
    expect(counted('[[city], partition], latest: true')).toEqual([]);
    expect(counted('[city], latest: true')).toEqual(lacks('partition'));
  });

  test('names a column of its key once', () => {
    expect(codesIn(row('{ table: r, primary_key: [[city], city] }'))).toEqual(['duplicate-column']);
  });

  test('sorts by clustering columns only', () => {
    const text = row('{ table: r, primary_key: [[city], at], clustering: { city: desc } }');
    const [diagnostic] = planOf(text).diagnostics;
    expect([diagnostic?.code, diagnostic?.hint]).toEqual([
      'stray-option',
      'clustering columns of primary_key: at',
    ]);
  });

  test('names a connection that is there', () => {
    expect(codesIn(row('{ connection: other, table: r, primary_key: [[city]] }'))).toEqual([
      'unknown-connection',
    ]);
  });
});

describe('K1', () => {
  test('K1: a column of the key may not be null; one that is made up for null may', () => {
    expect(found(row('{ table: r, primary_key: [[city], felt] }'))).toEqual([
      'nullable-key: felt may be null, and a primary key must not be',
    ]);
    const filled = 's: { from: readings, set: { felt: "coalesce(felt, t)" } }';
    expect(codesIn(row('{ table: r, primary_key: [[city], felt] }', filled))).toEqual([]);
  });

  test('K1: a null is a group (W9), so a nullable group column cannot be in a key', () => {
    const text = windowed(
      '{ table: w, primary_key: [[region], window_start] }',
      'group_by: [region], ',
    );
    expect(codesIn(text)).toEqual(['nullable-key']);
  });

  test('K1: results that may be null are found out too', () => {
    const text = windowed('{ table: w, primary_key: [[city], window_start, hot] }');
    expect(codesIn(text)).toEqual(['nullable-key']);
  });

  test('K1: a key of window rows has all group columns and window_start', () => {
    const [diagnostic] = planOf(windowed('{ table: w, primary_key: [[n]] }')).diagnostics;
    expect(diagnostic).toMatchObject({
      code: 'window-key',
      message:
        'rows of several windows would overwrite each other: the key lacks city, window_start',
    });
  });

  test('K1: … unless only the last row is wanted', () => {
    expect(codesIn(windowed('{ table: w, primary_key: [[city]], latest: true }'))).toEqual([]);
  });

  test('K1: one group of all needs window_start only', () => {
    expect(codesIn(windowed('{ table: w, primary_key: [window_start] }', ''))).toEqual([]);
  });

  test('K1: rows of the window over the whole input need their group columns only', () => {
    const whole = (key: string): string =>
      windowed(`{ table: w, primary_key: ${key} }`).replace('tumbling: 1m', 'whole: true');
    expect(codesIn(whole('[[city]]'))).toEqual([]);
    expect(found(whole('[[n]]'))).toEqual([
      'window-key: rows of several windows would overwrite each other: the key lacks city',
    ]);
  });

  test('K1: holds for what follows a window as well', () => {
    const text = definition({
      stages: `
w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
s: { from: w, where: n > 0 }`,
      sinks: 'out: { from: s, cassandra: { table: w, primary_key: [[city]] } }',
    });
    expect(codesIn(text)).toEqual(['window-key']);
  });

  test('K1: rows of records may have any key', () => {
    expect(codesIn(row('{ table: r, primary_key: [[city]] }'))).toEqual([]);
  });
});

describe('names in a table', () => {
  const source = `
file: "data/*.ndjson"
schema: { City: string!, "n": int, _offset: long, token: string }
event_time: { column: "n", unit: s }`;

  test('that CQL refuses are reported together, reserved ones are warned of', () => {
    const sinks = 'out: { from: readings, cassandra: { table: order, primary_key: [[City]] } }';
    const { diagnostics } = planOf(definition({ source, sinks }));
    expect(diagnostics.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      ['error', 'cassandra-name', 'the table order cannot have columns called City, _offset'],
      [
        'warning',
        'reserved-word',
        'order, token: reserved in CQL, so queries have to write "order", "token"',
      ],
    ]);
    expect(diagnostics[0]?.hint).toContain('`city: { path: City, type: … }`');
  });

  test('are no matter to other sinks', () => {
    const sinks = 'out: { from: readings, stdout: {} }\nt: { from: readings, kafka: { topic: t } }';
    expect(codesIn(definition({ source, sinks }))).toEqual([]);
  });
});
