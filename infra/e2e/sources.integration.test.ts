import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { type TestRecord, TestTopic } from './topic.fixture.ts';

const name = freshName('sources');
const keyspace = new TestKeyspace(name);
const east = new TestTopic(`${name}_east`, 3);
const west = new TestTopic(`${name}_west`, 2);
const project = new Project(serverVariables());

const source = (topic: TestTopic, idle: string): string => `
    kafka: { topic: ${topic.name}, group: ${name}, start: earliest }
    schema: { at: long!, sensor: string!, value: int! }
    event_time: { column: at, unit: ms }
    watermark: { out_of_order: 2s, idle: ${idle}, max_future: 99999d }`;

const head = (pipeline: string): string => `name: ${pipeline}
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra: { contact_points: "\${CASSANDRA_CONTACT_POINTS}", keyspace: ${name}, replication: 1 }
`;

const feeds = `${head(`${name}_feeds`)}
sources:
  east:${source(east, '1m')}
  west:${source(west, '1m')}
stages:
  readings: { from: [east, west], dedup: { by: [sensor, at], within: 1h } }
  minutes:
    from: readings
    window: { tumbling: 1m }
    group_by: [sensor]
    aggregate: { n: count(), total: sum(value) }
sinks:
  minutes: { from: minutes, cassandra: { table: minutes, primary_key: [[sensor], window_start] } }
`;

const quiet = `${head(`${name}_quiet`)}
sources:
  west:${source(west, '300ms')}
stages:
  halves:
    from: west
    window: { tumbling: 30s }
    group_by: [sensor]
    aggregate: { n: count() }
sinks:
  halves: { from: halves, cassandra: { table: halves, primary_key: [[sensor], window_start] } }
`;

const BEGIN = Date.UTC(2024, 2, 28, 10);
const MINUTE = 60_000;
const SENSORS = ['a', 'b', 'c'];

interface Reading {
  readonly at: number;
  readonly sensor: string;
  readonly value: number;
}

/** One a second for five minutes. */
const readings: readonly Reading[] = Array.from({ length: 300 }, (_, i) => ({
  at: BEGIN + i * 1000,
  sensor: SENSORS[i % 3] ?? '',
  value: i,
}));

/** East brings two of three, west three of four; what neither brings is brought by west. */
const byEast = readings.filter((_, i) => i % 3 !== 1 || i % 2 === 0);
const byWest = readings.filter((reading, i) => i % 4 !== 0 || !byEast.includes(reading));

const recordsOf = (feed: readonly Reading[], partitions: number): TestRecord[] => [
  ...feed.map((reading, i) => ({ partition: i % partitions, value: JSON.stringify(reading) })),
  // Long after, so that all before it has passed.
  ...Array.from({ length: partitions }, (_, partition) => ({
    partition,
    value: JSON.stringify({ at: BEGIN + 60 * MINUTE, sensor: `last ${partition}`, value: 0 }),
  })),
];

beforeAll(async () => {
  await east.create();
  await west.create();
  await east.write(recordsOf(byEast, 3));
  await west.write(recordsOf(byWest, 2));
  project.write('feeds.yaml', feeds);
  project.write('quiet.yaml', quiet);
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
  await east.remove();
  await west.remove();
});

describe('sources of one pipeline', () => {
  it('R8, O2: of one group have all partitions of their own topic, and count once what both bring', async () => {
    const { summary } = await project.engine('run', 'feeds.yaml', '--until', 'end', '--json');
    expect(summary).toMatchObject({ records: byEast.length + byWest.length + 5 });
    const expected = Map.groupBy(
      readings,
      ({ at, sensor }) => `${sensor} ${String(Math.floor(at / MINUTE) * MINUTE)}`,
    );
    const rows = (await keyspace.rows('minutes')).filter(
      ({ window_start: start }) => Number(start) < BEGIN + 5 * MINUTE,
    );
    const found = rows.map(({ sensor, window_start: start, n, total }) => [
      `${String(sensor)} ${String(start)}`,
      { n: Number(n), total: Number(total) },
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        Array.from(expected, ([key, own]) => [
          key,
          { n: own.length, total: own.reduce((sum, { value }) => sum + value, 0) },
        ]),
      ),
    );
  });

  it('T5: when all partitions are idle time goes on, and windows close by it', async () => {
    // Until it is so, however long making the table and joining the group take.
    const run = project.start('run', 'quiet.yaml', '--json');
    await run.until('idleness', () => (run.latest?.watermark ?? 0) > BEGIN + 60 * MINUTE - 1000);
    run.kill('SIGINT');
    expect(await run.ending(), run.text()).toBe(130);
    expect(run.summary).toMatchObject({ provisional: false });
    const rows = await keyspace.rows('halves');
    const own = rows.filter(({ window_start: start }) => Number(start) < BEGIN + 5 * MINUTE);
    expect(own.reduce((sum, { n }) => sum + Number(n), 0)).toBe(byWest.length);
    expect(Number.isInteger(run.latest?.watermark)).toBe(true);
  });
});
