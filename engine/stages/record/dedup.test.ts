import { describe, expect, test } from 'vitest';
import { definition, found, planned, readings } from '../../plan/definition.fixture.ts';

const withDedup = (dedup: string, source = readings): string =>
  definition({
    source,
    stages: `once: { from: readings, dedup: ${dedup} }`,
    sinks: 'out: { from: once, stdout: {} }',
  });

describe('dedup', () => {
  test('runs after where and before set, whatever the order written', () => {
    const text = definition({
      stages:
        'once: { from: readings, set: { gap: t - felt }, dedup: { by: [city], within: 1h }, where: n > 0 }',
      sinks: 'out: { from: once, stdout: {} }',
    });
    const operations = planned(text).stages[0]?.operations ?? [];
    expect(operations.map(({ operation }) => operation)).toEqual(['where', 'dedup', 'set']);
    expect(operations[1]?.args).toMatchObject({
      keys: [{ name: 'city', type: 'string', slot: 0 }],
      withinMs: 3_600_000,
      slots: 6,
    });
  });

  test.each([
    ['{ by: [town], within: 1h }', ['unknown-column: there is no column town']],
    ['{ by: [city] }', ['missing-key: `within` is missing in `dedup`']],
    ['{ within: 1h }', ['missing-key: `by` is missing in `dedup`']],
    ['{ by: [], within: 1h }', ['empty-list: this list needs at least one item']],
    [
      '{ by: [city], within: 0s }',
      ['bad-quantity: expected a duration above zero such as `10s`, found `0s`'],
    ],
    [
      '{ by: [city], within: 10 }',
      ['bad-quantity: expected a duration above zero such as `10s`, found `10`'],
    ],
    ['{ by: [city, city], within: 1h }', ['duplicate-column: city is named twice']],
  ])('%s is told what is wrong', (dedup, expected) => {
    expect(found(withDedup(dedup))).toEqual(expected);
  });

  test('a column that is set in the same stage is not there yet', () => {
    const text = definition({
      stages: 'once: { from: readings, dedup: { by: [gap], within: 1h }, set: { gap: t - felt } }',
      sinks: 'out: { from: once, stdout: {} }',
    });
    expect(found(text)).toEqual(['unknown-column: there is no column gap']);
  });

  const behindWindow = (window: string): string =>
    definition({
      stages: `
w: { from: readings, ${window}, group_by: [city], aggregate: { n: count() } }
high: { from: w, where: n > 1 }
once: { from: high, dedup: { by: [city, n], within: 1h } }`,
      sinks: 'out: { from: once, cassandra: { table: t, primary_key: [[city], window_start] } }',
    });

  test.each(['window: { tumbling: 1m }', 'window: { session: 1m, max: 1h }'])(
    'takes rows of windows: %s',
    (window) => expect(found(behindWindow(window))).toEqual([]),
  );

  test("O2: a topic's rows of windows have no partitions in which duplicates would stay", () => {
    const text = definition({
      source: 'kafka: { topic: t }\nschema: { city: string! }\nwatermark: { out_of_order: 10s }',
      stages: `
w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
once: { from: w, dedup: { by: [n], within: 1h } }`,
      sinks: 'out: { from: once, stdout: {} }',
    });
    expect(found(text)).toEqual([]);
  });

  test('does not take rows that have no time, or are not final', () => {
    const timeless = 'window-order: once forgets rows after a time, and rows of w have none: ';
    const bounded = behindWindow('window: { whole: true }').replace(', window_start]', ']');
    expect(found(bounded)).toContain(`${timeless}its window is the whole input`);
    const counted = behindWindow('window: { count: 9 }').replace(
      'window_start',
      'partition, window_index',
    );
    expect(found(counted)).toContain(`${timeless}its windows count records`);
    const early = behindWindow('window: { tumbling: 1m }, emit: on_end').replace(
      'where: n > 1',
      'set: { m: n }',
    );
    expect(found(early)).toEqual([
      'emit-filter: a row of w that passes here now may not pass in the end, and would stay (emit: on_end)',
    ]);
  });

  test('needs a time: lines without event_time have none', () => {
    const source = 'file: a.ndjson\nschema: { city: string! }';
    expect(found(withDedup('{ by: [city], within: 1h }', source))).toEqual([
      'missing-event-time: once cannot tell how long ago a record of readings was: nothing says what its time is',
    ]);
  });
});

describe('O2: duplicates in other partitions', () => {
  const topic = `kafka: { topic: t }
schema: { _key: string, _partition: int, city: string!, t: double }`;

  test('are not found, which is said where a log may have them', () => {
    expect(found(withDedup('{ by: [city], within: 1h }', topic))).toEqual([
      'dedup-partitions: once finds duplicates within a partition only: those in another one stay',
    ]);
  });

  test.each(['_key', '_partition'])('cannot be where %s is among the columns', (column) => {
    expect(found(withDedup(`{ by: [city, ${column}], within: 1h }`, topic))).toEqual([]);
  });

  test('are found behind a union of several sources, over all of their partitions', () => {
    const other = topic.replace('topic: t', 'topic: u').replaceAll('\n', '\n    ');
    const text = definition({
      source: topic,
      stages: 'once: { from: [readings, more], dedup: { by: [city], within: 1h } }',
      sinks: 'out: { from: once, stdout: {} }',
    }).replace('sources:\n', `sources:\n  more:\n    ${other}\n`);
    expect(found(text)).toEqual([]);
  });

  test('cannot be in a file', () => {
    expect(found(withDedup('{ by: [city], within: 1h }'))).toEqual([]);
  });
});
