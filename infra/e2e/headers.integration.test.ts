import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { TestTopic, readTopic } from './topic.fixture.ts';

const name = freshName('headers');
const keyspace = new TestKeyspace(name);
const topic = new TestTopic(name, 2);
const project = new Project(serverVariables());

const definition = `
name: ${name}
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra: { contact_points: "\${CASSANDRA_CONTACT_POINTS}", keyspace: ${name}, replication: 1 }
sources:
  readings:
    kafka: { topic: ${name}, group: ${name}, start: earliest }
    instead:
      bounded: { file: "archive/*.ndjson" }
    schema:
      n: int!
      _key: string
      _headers: "array<{ key: string!, value: string }>"
stages:
  traced:
    from: readings
    where: coalesce(header(_headers, 'level'), 'info') <> 'debug'
    set:
      trace: header(_headers, 'trace')
  each:
    from: traced
    explode: { column: _headers, as: { name: key, text: value } }
    omit: [_headers, _key]
sinks:
  archive: { from: readings, file: { path: "archive/{partition}-{part}.ndjson" } }
  traces: { from: traced, kafka: { topic: ${name}_out } }
  table: { from: each, cassandra: { table: headers, primary_key: [[n], name] } }
errors:
  dead_letter: { kafka: { topic: ${name}_dead } }
`;

beforeAll(async () => {
  await topic.create();
  await topic.write([
    { partition: 0, key: 'a', value: '{"n":1}', headers: { trace: ['x1', 'x2'], empty: '' } },
    { partition: 0, key: 'a', value: '{"n":2}' },
    { partition: 1, value: '{"n":3}', headers: { level: 'debug' } },
    { partition: 1, value: '{"n":4}', headers: { trace: 'ü', raw: Buffer.from([0x41, 0xff]) } },
    { partition: 1, value: '{"n":', headers: { trace: 'z9', raw: Buffer.from([0xff]) } },
  ]);
  project.write('headers.yaml', definition);
  const run = await project.engine('run', 'headers.yaml', '--until', 'end', '--json');
  expect(run.summary).toMatchObject({ records: 5, deadLetters: { DECODE: 1 } });
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
  await topic.remove();
});

interface Row {
  readonly n: number;
}
const byNumber = (a: Row, b: Row): number => a.n - b.n;
const headersOf = (...pairs: (readonly [string, string])[]) =>
  pairs.map(([key, value]) => ({ key, value }));
const traced = [
  {
    ...{ n: 1, _key: 'a', trace: 'x2' },
    _headers: headersOf(['trace', 'x1'], ['trace', 'x2'], ['empty', '']),
  },
  { n: 2, _key: 'a', trace: null, _headers: [] },
  { n: 4, _key: null, trace: 'ü', _headers: headersOf(['trace', 'ü'], ['raw', 'A\ufffd']) },
];

it('are columns of rows in Kafka, and elements of rows in Cassandra', async () => {
  const rows = (await readTopic(`${name}_out`)).map(
    ({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Row,
  );
  expect(rows.toSorted(byNumber)).toEqual(traced);
  const table = await keyspace.rows('headers');
  const found = table.map(({ n, name: header, text, trace }) => [n, header, text, trace].join(' '));
  expect(found.toSorted()).toEqual([
    '1 empty  x2',
    '1 trace x2 x2',
    '4 raw A\ufffd ü',
    '4 trace ü ü',
  ]);
});

it('R10: are in the archive, from which the rows are those of the topic', async () => {
  const files = readdirSync(project.path('archive')).filter((file) => file.endsWith('.ndjson'));
  const lines = files.flatMap((file) =>
    readFileSync(project.path(`archive/${file}`), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  expect(lines.toSorted()[0]).toContain('"_headers":[{"key":"trace","value":"x1"},');
  const before = (await readTopic(`${name}_out`)).length;
  const bounded = await project.engine('run', 'headers.yaml', '--bounded', '--json');
  expect(bounded.summary).toMatchObject({ records: 4, finished: true });
  const again = (await readTopic(`${name}_out`)).map(
    ({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Row,
  );
  expect(again).toHaveLength(2 * before);
  const all = [...traced, ...traced].toSorted(byNumber);
  expect(again.toSorted(byNumber)).toEqual(all);
});

it('are kept in dead letters, shown, and sent again', async () => {
  const [letter] = await readTopic(`${name}_dead`);
  expect(letter?.headers.get('trace')).toBe('z9');
  expect(letter?.headers.get('engine-code')).toBe('DECODE');
  const { lines } = await project.engine('dead-letters', '-f', 'headers.yaml', '--json');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    headers: [
      { name: 'trace', value: 'z9' },
      { name: 'raw', value_base64: '/w==' },
    ],
  });
  await project.engine('dead-letters', '-f', 'headers.yaml', '--retry', '--json');
  const sent = (await readTopic(name)).filter(({ headers }) => headers.has('engine-retry-of'));
  expect(sent.map(({ headers }) => headers.get('trace'))).toEqual(['z9']);
});
