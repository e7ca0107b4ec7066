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

  test('is for records: not behind a window', () => {
    const text = definition({
      stages: `
w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
once: { from: w, dedup: { by: [city], within: 1h } }`,
      sinks: 'out: { from: once, stdout: {} }',
    });
    expect(found(text)).toEqual(['not-yet: `dedup` of rows of a window is not in this version']);
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

  test('cannot be in a file', () => {
    expect(found(withDedup('{ by: [city], within: 1h }'))).toEqual([]);
  });
});
