import { describe, expect, test } from 'vitest';
import { findings, hintOf, parse, small, withStage } from './definition.fixture.ts';

test('the small definition of these tests is right', () => {
  expect(findings(small())).toEqual([]);
  expect(findings(withStage('where: t > 0'))).toEqual([]);
});

describe('keys', () => {
  test('all wrong keys are found at once, each at its place', () => {
    const text = small('limit: { memory: 1GiB }\nerrors: { decoding: fail, expresion: skip }\n');
    expect(findings(text)).toEqual(['10:1 unknown-key', '11:11 unknown-key', '11:27 unknown-key']);
  });

  test.each([
    ['window: { hop: 1h, every: 5m }', 'write `sliding`'],
    ['window: { hopping: 1h, every: 5m }', 'write `sliding`'],
    ['groupBy: [city]', 'write `group_by`'],
    ['filter: t > 0', 'write `where`'],
    ['wher: t > 0', 'did you mean `where`?'],
    ['tumbling: 10m', '`tumbling` stands under `window:`'],
    [
      'zebra: 1',
      'keys here: where, dedup, lookup, explode, set, select, omit, from, window, group_by, aggregate, having, late, emit',
    ],
  ])('%s → %s', (line, hint) => {
    expect(hintOf(withStage(line), 'unknown-key')).toBe(hint);
  });

  test.each([
    ['bootstrap_servers: "a:1"', 'write `brokers`'],
    ['contactPoints: "a:1"', 'write `contact_points`'],
  ])('%s → %s', (line, hint) => {
    expect(hintOf(small(`connections:\n  kafka: { ${line} }\n`), 'unknown-key')).toBe(hint);
  });

  test.each([
    ['topics: t', 'write `topic`'],
    ['topic: t, group_id: g', 'write `group`'],
    ['topic: t, auto_offset_reset: latest', 'write `start`'],
  ])('kafka: { %s } → %s', (fields, hint) => {
    const text = small().replace('file: "data/*.ndjson"', `kafka: { ${fields} }`);
    expect(hintOf(text, 'unknown-key')).toBe(hint);
  });

  test('a misspelt key is not reported as missing as well', () => {
    expect(findings(small().replace('schema:', 'schemas:'))).toEqual(['5:5 unknown-key']);
  });

  test('what is planned says so, and nothing else', () => {
    expect(findings(withStage('join: { with: readings }'))).toEqual(['13:5 not-yet']);
    expect(findings(small().replace('t: double', 't: array<number>'))).toEqual([
      '5:33 unknown-type',
    ]);
    expect(findings(small().replace('t: double', '_headers: string'))).toEqual([
      '5:40 metadata-type',
    ]);
    expect(findings(small().replace('    schema', '    format: avro\n    schema'))).toEqual([
      '5:13 not-yet',
    ]);
  });
});

test('a source has one format, whose marks differ', () => {
  const formatted = (format: string): string =>
    small().replace('    schema', `    format: ${format}\n    schema`);
  expect(
    parse(formatted('{ csv: { delimiter: ";", null_text: NA } }')).spec?.sources[0],
  ).toMatchObject({ format: { kind: 'csv', delimiter: ';', quote: '"', nullText: 'NA' } });
  expect(parse(formatted('{ csv: { header: false } }')).spec?.sources[0]?.format).toEqual({
    ...{ kind: 'csv', delimiter: ',', quote: '"', nullText: null, header: false },
  });
  expect(findings(formatted('{ csv: {}, json: {} }'))).toEqual(['5:5 format-kind']);
  expect(findings(formatted('{}'))).toEqual(['5:5 format-kind']);
  expect(findings(formatted(`{ csv: { delimiter: "'", quote: "'" } }`))).toEqual(['5:45 invalid-value']); // prettier-ignore
  expect(findings(formatted('{ csv: { delimiter: ";;" } }'))).toEqual(['5:33 invalid-value']);
});

describe('keywords', () => {
  test('a keyword and its options may stand side by side or below it', () => {
    const beside = small().replace(
      'file: "data/*.ndjson"',
      'simulate: weather\n    span: 1h\n    seed: 7',
    );
    const below = small().replace(
      'file: "data/*.ndjson"',
      'simulate: { dataset: weather, span: 1h, seed: 7 }',
    );
    const given = { dataset: 'weather', spanMs: 3_600_000, seed: 7, pace: 0 };
    const notGiven = { every: null, rate: null, keys: null, distribution: null, disorder: null };
    const args = { ...given, ...notGiven };
    for (const text of [beside, below]) {
      expect(parse(text).spec?.sources[0]?.connector).toEqual({ keyword: 'simulate', args });
    }
  });

  test('what is wrong with an option is found where it stands', () => {
    const text = small().replace('file: "data/*.ndjson"', 'simulate: weather\n    span: 1 hour');
    expect(findings(text)).toEqual(['5:11 bad-quantity']);
    expect(findings(withStage('window: { sliding: 1h }', 'aggregate: { n: count() }'))).toEqual([
      '13:15 missing-key',
    ]);
    expect(findings(small().replace('"data/*.ndjson"', '/etc/passwd'))).toEqual([
      '4:11 path-outside',
    ]);
  });

  test('an option of another keyword is not ignored', () => {
    const text = small().replace('file: "data/*.ndjson"', 'file: "data/*.ndjson"\n    seed: 7');
    expect(findings(text)).toEqual(['5:5 stray-option']);
  });

  test('dead letters go to kafka or a file only', () => {
    expect(findings(small('errors: { dead_letter: { stdout: {} } }\n'))).toEqual([
      '10:26 invalid-value',
    ]);
    expect(findings(small('errors: { dead_letter: { file: dead.ndjson } }\n'))).toEqual([]);
  });

  test('a primary key is read as in CQL', () => {
    const connections = 'connections:\n  cassandra: { contact_points: db, keyspace: k }\n';
    const withKey = (key: string): string =>
      small(connections).replace('stdout: {}', `cassandra: { table: t, primary_key: ${key} }`);
    const keyOf = (key: string): unknown =>
      (parse(withKey(key)).spec?.sinks[0]?.connector.args as { primaryKey: unknown }).primaryKey;
    expect(keyOf('[[a, b]]')).toEqual({ partition: ['a', 'b'], clustering: [] });
    expect(keyOf('[[a], b, c]')).toEqual({ partition: ['a'], clustering: ['b', 'c'] });
    expect(keyOf('[a, b]')).toEqual({ partition: ['a'], clustering: ['b'] });
    expect(findings(withKey('[a, [b]]'))).toEqual(['9:66 wrong-type']);
    expect(findings(withKey('[]'))).toEqual(['9:62 empty-list']);
    expect(findings(withKey('a'))).toEqual(['9:62 wrong-type']);
  });
});

describe('schema', () => {
  test('types, ! and nested fields', () => {
    const text = small().replace(
      't: double',
      't: { path: main.temp, type: double! }, u: { path: [a.b, c], type: int, required: true }, _key: string, _offset: long',
    );
    expect(parse(text).spec?.sources[0]?.schema).toEqual([
      { name: 'city', type: 'string', required: true, path: ['city'] },
      { name: 't', type: 'double', required: true, path: ['main', 'temp'] },
      { name: 'u', type: 'int', required: true, path: ['a.b', 'c'] },
      { name: '_key', type: 'string', required: false, path: [] },
      { name: '_offset', type: 'long', required: true, path: [] },
      { name: 'at', type: 'timestamp', required: true, path: ['at'] },
    ]);
  });

  test.each([
    ['boolean', 'did you mean `bool`?'],
    ['Text!', 'did you mean `string!`?'],
    ['duble', 'did you mean `double`?'],
    ['zebra', 'types: bool, int, long, float, double, string, timestamp'],
  ])('the type %s → %s', (type, hint) => {
    expect(hintOf(small().replace('t: double', `t: ${type}`), 'unknown-type')).toBe(hint);
  });
});

describe('defaults', () => {
  test('are those of the reference', () => {
    const { spec } = parse(small().replace('    watermark: { out_of_order: 1s }\n', ''));
    expect(spec).toMatchObject({
      description: null,
      version: 1,
      timezone: 'UTC',
      limits: { memoryBytes: 536_870_912, keys: 100_000 },
      checkpoint: { everyMs: 10_000, directory: '.engine/state' },
      tests: [],
      errors: {
        decode: 'dead_letter',
        expression: 'dead_letter',
        stopWhen: null,
        deadLetter: {
          keyword: 'file',
          args: { path: '.engine/dead-letters/small.ndjson', rotate: null },
        },
      },
    });
    expect(spec?.sources[0]).toMatchObject({
      format: null,
      watermark: {
        outOfOrderMs: 0,
        idleMs: 120_000,
        maxFutureMs: 300_000,
        maxDriftMs: 600_000,
        declared: false,
      },
    });
  });

  test('event time is the broker timestamp unless a column is named', () => {
    const text = small().replace('    event_time: { column: at, iso: true }\n', '');
    expect(parse(text).spec?.sources[0]?.eventTime).toEqual({ kind: 'broker' });
    const timestamp = small().replace(', iso: true', '');
    expect(parse(timestamp).spec?.sources[0]?.eventTime).toEqual({ kind: 'iso', column: 'at' });
    const both = small().replace('iso: true', 'iso: true, unit: s');
    expect(findings(both)).toEqual(['6:5 event-time-form']);
  });
});

describe('connections', () => {
  const withKafka = (fields: string): string =>
    small(`connections:\n  kafka: { ${fields} }\n`).replace(
      'file: "data/*.ndjson"',
      'kafka: { topic: t }',
    );

  test('keep the options of their kind', () => {
    const { spec } = parse(
      withKafka(
        'brokers: [a:1, "b:2,c:3"], tls: true, sasl: { mechanism: plain, username: u, password: p }, client: { retry: 3 }',
      ),
    );
    expect(spec?.connections.get('kafka')).toEqual({
      name: 'kafka',
      kind: 'kafka',
      addresses: ['a:1', 'b:2', 'c:3'],
      options: {
        tls: true,
        client: { retry: 3 },
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      },
    });
    expect(spec?.secrets).toContain('p');
  });

  test('refuse the options of the other kind', () => {
    expect(findings(withKafka('brokers: a, keyspace: k'))).toEqual(['11:24 stray-option']);
  });

  test('a named one is taken when it is asked for', () => {
    const text = withKafka('brokers: a').replace('topic: t', 'topic: t, connection: other');
    expect(findings(text)).toEqual(['4:36 unknown-connection']);
    expect(findings(`${text}  other: { brokers: b }\n`)).toEqual([]);
  });
});
