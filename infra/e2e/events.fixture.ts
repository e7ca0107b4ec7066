/** A stream of many small events for the tests of recovery, and the rows it must give. */
import { type TimedRecord, runWindows } from '../oracles/windows.ts';
import { statisticsOf } from '../oracles/statistics.ts';
import type { TestKeyspace } from './keyspace.fixture.ts';
import { expectRows } from './rows.fixture.ts';
import type { TestRecord, TestTopic } from './topic.fixture.ts';

const START = Date.parse('2024-03-28T12:00:00Z');
const KEYS = 40;
const PARTITIONS = 4;
const SIZE = 5_000;
const SLIDE = 1_000;
const OUT_OF_ORDER = 2_000;
const GRACE = 1_000;
const BATCH = 2_000;
/** Written at once: a request holds at most BATCH messages, some are under way together. */
const AT_ONCE = 5 * BATCH;

/** One event; `id` counts from 0 over the whole stream. */
interface Event {
  readonly id: number;
  readonly key: string;
  readonly time: number;
  readonly value: number;
}

/** Event `id`: ten a millisecond of event time at most; every 50th is somewhat, every 97th very late. */
function eventOf(id: number): Event {
  const behind = id % 97 === 0 ? 20_000 : id % 50 === 0 ? 4_500 : (id * 7919) % 1_500;
  return {
    id,
    key: `k${String(id % KEYS).padStart(2, '0')}`,
    time: START + Math.floor(id / 10) - behind,
    value: ((id * 104_729) % 10_007) / 16,
  };
}

const partitionOf = ({ id }: Event): number => id % PARTITIONS;

/** Appends events [from, to). `padding` makes each record so many bytes larger. */
export async function writeEvents(
  topic: TestTopic,
  [from, to]: readonly [number, number],
  padding = 0,
): Promise<void> {
  const pad = 'x'.repeat(padding);
  for (let first = from; first < to; first += AT_ONCE) {
    const records = Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, i): TestRecord => {
      const event = eventOf(first + i);
      const { id, key, time: at, value } = event;
      const json = JSON.stringify(
        padding === 0 ? { id, key, at, value } : { id, key, at, value, pad },
      );
      return { partition: partitionOf(event), key, value: json, timestamp: at };
    });
    await topic.write(records);
  }
}

/** What a definition for these events may vary. */
export interface EventsPipeline {
  /** Of the pipeline, the consumer group, the keyspace, and with `_dead` the dead letters' topic. */
  readonly name: string;
  readonly topic: string;
  readonly checkpointEvery?: string;
  readonly memory?: string;
  /** Writes `pad` too. */
  readonly padded?: boolean;
}

/** Each event into a table, and sliding windows of five seconds every second. */
export function eventsDefinition(pipeline: EventsPipeline): string {
  const { name, topic, checkpointEvery = '250ms', memory = '512MiB', padded = false } = pipeline;
  return `
name: ${name}
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra:
    contact_points: "\${CASSANDRA_CONTACT_POINTS}"
    local_data_center: datacenter1
    keyspace: ${name}
    replication: 1
sources:
  events:
    kafka: { topic: ${topic}, group: ${name}, start: earliest }
    format: json
    schema: { id: long!, key: string!, at: long!, value: double!${padded ? ', pad: string!' : ''} }
    event_time: { column: at, unit: ms }
    watermark: { out_of_order: ${OUT_OF_ORDER}ms }
stages:
  windows:
    from: events
    window: { sliding: ${SIZE}ms, every: ${SLIDE}ms, grace: ${GRACE}ms }
    group_by: [key]
    aggregate:
      n: count()
      mean: avg(value)
      variance: var_samp(value)
      highest: max(value)
    late: dead_letter
sinks:
  events_table: { from: events, cassandra: { table: events, primary_key: [[key], id] } }
  windows_table: { from: windows, cassandra: { table: windows, primary_key: [[key], window_start] } }
errors: { dead_letter: { kafka: { topic: ${name}_dead } } }
limits: { memory: ${memory} }
checkpoint: { every: ${checkpointEvery} }
`;
}

/** The rows and letters of events [0, count), naively. */
export interface EventsOracle {
  readonly count: number;
  /** Rows of `windows`, those open at the end included. */
  readonly windows: readonly object[];
  /** Ids of events that are late for all windows. */
  readonly late: readonly number[];
  readonly latePartial: number;
}

/** Computes what events [0, count) must give. */
export function eventsOracle(count: number): EventsOracle {
  const records = Array.from({ length: count }, (_, id): TimedRecord => {
    const event = eventOf(id);
    const { key, time, value } = event;
    return { partition: partitionOf(event), time, entry: { key, value } };
  });
  const rules = { size: SIZE, slide: SLIDE, grace: GRACE, outOfOrder: OUT_OF_ORDER };
  const { windows, late, latePartial } = runWindows(records, rules, { ended: false });
  return {
    count,
    windows: windows.map(({ key, start, end, values }) => {
      const { n, mean, variance, max } = statisticsOf(values);
      return { key, window_start: start, window_end: end, n, mean, variance, highest: max };
    }),
    late,
    latePartial: latePartial.length,
  };
}

/** Expects the tables of a keyspace to hold exactly what the oracle has. */
export async function expectEvents(keyspace: TestKeyspace, oracle: EventsOracle): Promise<void> {
  const about = ['mean', 'variance'];
  expectRows(await keyspace.rows('windows'), oracle.windows, {
    key: ['key', 'window_start'],
    about,
  });
  const sums = new Map<
    string,
    { key: string; n: number; ids: number; least: number; most: number }
  >();
  for (let id = 0; id < oracle.count; id++) {
    const { key } = eventOf(id);
    const sum = sums.get(key) ?? { key, n: 0, ids: 0, least: id, most: id };
    sums.set(key, { ...sum, n: sum.n + 1, ids: sum.ids + id, most: id });
  }
  // Sums over a partition each: reading all rows would take longer than writing them.
  const rows = await Promise.all(
    [...sums.keys()].map((key) =>
      keyspace.query(
        `SELECT key, count(*) AS n, sum(id) AS ids, min(id) AS least, max(id) AS most FROM %.events WHERE key = '${key}'`,
      ),
    ),
  );
  expectRows(rows.flat(), [...sums.values()], { key: ['key'] });
}
