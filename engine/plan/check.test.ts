import { describe, expect, test } from 'vitest';
import { codesIn, definition, found } from './definition.fixture.ts';

const windows = `
a: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
b: { from: warm, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
warm: { from: known, where: t > 0 }
known: { from: readings, where: t is not null }`;

const sinks = 'a: { from: a, stdout: {} }\nb: { from: b, stdout: {} }';

const clock = (source: string): string =>
  definition({
    source: `${source}\nschema: { city: string!, t: double!, at: timestamp }`,
    stages: windows,
    sinks,
  });

describe('windows and the clock of their source', () => {
  test('lines have no time of their own: a window over them needs event_time', () => {
    const text = clock('file: a.ndjson\nwatermark: {}');
    expect(found(text)).toEqual([
      'missing-event-time: a, b cannot tell which window a record of readings is of: nothing says what its time is',
    ]);
  });

  test('records of a broker have a timestamp', () => {
    expect(codesIn(clock('kafka: { topic: t }\nwatermark: {}'))).toEqual([]);
  });

  test('a source without windows needs neither event_time nor watermark', () => {
    const text = definition({ source: 'file: a.ndjson\nschema: { t: double }' });
    expect(codesIn(text)).toEqual([]);
  });

  test.each([
    ['file: { path: "out/{event_time:yyyy}/{part}.ndjson" }', 'files its rows by event time'],
    [
      'cassandra: { table: t, primary_key: [[t]], ttl: 1h }',
      'lets its rows expire after their event time',
    ],
  ])('a sink %s needs one too', (sink, use) => {
    const over = (source: string): string[] =>
      found(
        definition({
          source: `${source}\nschema: { t: double!, at: timestamp! }`,
          stages: 'warm: { from: readings, where: t > 0 }',
          sinks: `out: { from: warm, ${sink} }`,
        }),
      );
    expect(over('file: a.ndjson')).toEqual([
      `missing-event-time: out ${use}, and nothing says what the time of a record of readings is`,
    ]);
    expect(over('file: a.ndjson\nevent_time: { column: at }')).toEqual([]);
    expect(over('kafka: { topic: t }')).toEqual([]);
  });

  test('a watermark should be declared: one warning a source, with the windows that want it', () => {
    expect(found(clock('kafka: { topic: t }'))).toEqual([
      'missing-watermark: readings does not say how late its records may be, and a, b must know',
    ]);
  });
});

test('the window over the whole input needs no watermark, but an input that ends', () => {
  const over = (source: string): string[] =>
    codesIn(
      definition({
        source: `${source}\nschema: { at: timestamp! }\nevent_time: { column: at, iso: true }`,
        stages: 'w: { from: readings, window: { whole: true }, aggregate: { n: count() } }',
        sinks: 'out: { from: w, stdout: {} }',
      }),
    );
  expect(over('file: "data/*.ndjson"')).toEqual([]);
  expect(over('kafka: { topic: readings }')).toEqual(['unbounded-window']);
});

test('W7: windows that count need neither a watermark nor a time, and their rows have none', () => {
  const over = (source: string, sink: string): string[] =>
    found(
      definition({
        source: `${source}\nschema: { city: string! }`,
        stages:
          'w: { from: readings, window: { count: 5 }, group_by: [city], aggregate: { n: count() } }',
        sinks: `out: { from: w, ${sink} }`,
      }),
    );
  expect(over('file: "data/*.ndjson"', 'stdout: {}')).toEqual([]);
  expect(over('kafka: { topic: readings }', 'stdout: {}')).toEqual([]);
  const key = 'primary_key: [[city, partition], window_index]';
  expect(over('kafka: { topic: t }', `cassandra: { table: w, ${key}, ttl: 1d }`)).toEqual([
    'missing-event-time: out lets its rows expire after their event time, and rows of w have no time: a window is so many records',
  ]);
});

test('W8: a window over windows asks nothing of the source but an end, where it needs one', () => {
  const over = (window: string): string[] =>
    found(
      definition({
        source: 'kafka: { topic: readings }\nschema: { at: timestamp! }',
        stages: `
w: { from: readings, window: { tumbling: 1m }, aggregate: { n: count() } }
s: { from: w, where: n > 1 }
x: { from: s, window: { ${window} }, aggregate: { n: sum(n) } }`,
        sinks: 'out: { from: x, stdout: {} }',
        more: 'limits: { memory: 50MB }',
      }),
    );
  const undeclared =
    'missing-watermark: readings does not say how late its records may be, and w must know';
  expect(over('tumbling: 1h')).toEqual([undeclared]);
  expect(over('whole: true')).toEqual([
    undeclared,
    'unbounded-window: x would never close: it holds the whole of readings, which has no end',
  ]);
});

describe('the estimate of state', () => {
  test('is warned of above the limit, with the out of order of the source', () => {
    // 1000 keys and 2 panes of them fit into 100 kB, 12 do not.
    const text = (outOfOrder: string): string =>
      definition({
        stages:
          'w: { from: warm, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }\nwarm: { from: readings, where: t > 0 }',
        sinks: 'out: { from: w, stdout: {} }',
        more: 'limits: { keys: 1000, memory: 100kB }',
      }).replace('out_of_order: 10s', `out_of_order: ${outOfOrder}`);
    expect(codesIn(text('0s'))).toEqual([]);
    // Rows of windows come in order: for the window over them nothing waits.
    const upper = text('10m')
      .replace('1m }', '1h }')
      .replace(
        'stages:',
        `stages:
  w2: { from: w, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }`,
      );
    expect(
      codesIn(
        upper
          .replace('keys: 1000, memory: 100kB', 'keys: 1000, memory: 120kB')
          .replace('{ from: w, stdout', '{ from: w2, stdout'),
      ),
    ).toEqual([]);
    expect(found(text('10m'))).toEqual([
      'state-size: with 1000 keys its windows may take 1 MiB, the limit is 1 MiB',
    ]);
  });
});
