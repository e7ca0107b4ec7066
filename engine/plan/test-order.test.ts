import { describe, expect, test } from 'vitest';
import { found, planned } from './definition.fixture.ts';
import { movableOf } from './test-order.ts';

const source = `
name: t
sources:
  readings:
    file: "data/*.ndjson"
    schema: { city: string!, region: string!, t: double!, at: timestamp! }
    event_time: { column: at }
    watermark: { out_of_order: 1s }
`;
const window = (from: string, by: string): string =>
  `{ from: ${from}, window: { tumbling: 1m }, group_by: [${by}], aggregate: { n: count() } }`;

function movable(stages: Record<string, string>) {
  const lines = Object.entries(stages).map(([name, stage]) => `  ${name}: ${stage}`);
  const sinks = Object.keys(stages).map((name) => `  ${name}_out: { from: ${name}, stdout: {} }`);
  const text = [source, 'stages:', ...lines, 'sinks:', ...sinks].join('\n');
  const plan = planned(text);
  return movableOf(plan.sources[0]!, plan);
}

describe('records of a source', () => {
  test('may be split by the columns that all windows group by', () => {
    const stages = { a: window('readings', 'city, region'), b: window('readings', 'city') };
    expect(movable(stages)).toEqual({ split: ['city'], splitBy: '', ordered: null });
  });

  test('may not be split where windows have no column in common, or group by what is computed', () => {
    const apart = { a: window('readings', 'city'), b: window('readings', 'region') };
    expect(movable(apart)).toMatchObject({ split: null, splitBy: 'b groups by other columns' });
    const set = '{ from: readings, set: { city: lower(city) } }';
    expect(movable({ low: set, a: window('low', 'city') })).toMatchObject({
      ...{ split: null, splitBy: 'a groups by other columns' },
    });
  });

  test('may be split by what a dedup compares, but keep their order for it (O2)', () => {
    const once = '{ from: readings, dedup: { by: [city, at], within: 1h } }';
    expect(movable({ once, a: window('once', 'city, region') })).toEqual({
      ...{ split: ['city'], splitBy: '', ordered: 'once keeps the first of duplicates' },
    });
  });

  test('may not be split below a union, whose columns have places of their own', () => {
    const warm = '{ from: readings, where: t > 0 }';
    const cold = '{ from: readings, where: t <= 0 }';
    const stages = {
      warm,
      cold,
      both: '{ from: [warm, cold], where: t < 99 }',
      a: window('both', 'city'),
    };
    expect(movable(stages)).toMatchObject({ split: null, splitBy: 'a groups by other columns' });
  });

  test('W7: may neither be split nor change places where windows count them', () => {
    const counted =
      '{ from: readings, window: { count: 3 }, group_by: [city], aggregate: { n: count() } }';
    expect(movable({ counted })).toEqual({
      split: null,
      splitBy: 'counted counts the records of each partition',
      ordered: 'counted counts records',
    });
  });

  test('may be split and moved at will where nothing gathers them', () => {
    expect(movable({ warm: '{ from: readings, where: t > 0 }' })).toEqual({
      ...{ split: ['city', 'region', 't', 'at'], splitBy: '', ordered: null },
    });
  });
});

describe('what a test asks for', () => {
  const tested = (given: string, under: string): string[] =>
    found(`${source}stages:
  once: { from: readings, dedup: { by: [city], within: 1h } }
sinks: { out: { from: once, stdout: {} } }
tests:
  - name: one
    given: { readings: ${given} }
    expect: {}
    under: ${under}
`).filter((each) => each.startsWith('test-'));

  test('is refused for records of one partition that must keep their order', () => {
    expect(tested('[{ city: a }]', '{ shuffle: true }')).toEqual([
      'test-order: records of readings in one partition must keep their order: once keeps the first of duplicates',
    ]);
    expect(tested('[{ city: a }, { city: b, _partition: 1 }]', '{ shuffle: true }')).toEqual([]);
    expect(tested('[{ city: a }]', '{ shuffle: true, partitions: [2] }')).toEqual([]);
    expect(tested('[{ $wait: 1m }]', '{ shuffle: true }')).toEqual([]);
  });

  test('is refused for rows that name their partitions already', () => {
    expect(tested('[{ city: a }, { city: b, _partition: 1 }]', '{ partitions: [2] }')).toEqual([
      'test-order: the rows of readings name their partitions already',
    ]);
  });

  test('is refused for a step that waits and gives a row at once', () => {
    expect(tested('[{ $wait: 1m, city: a }]', '{ batch: [1] }')).toEqual([
      'test-column: `$wait` is a step of its own, and no row has it',
    ]);
  });
});
