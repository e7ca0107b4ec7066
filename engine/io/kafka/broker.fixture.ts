/** Topics on the real broker for integration tests: made, filled, read back and removed. */
import { randomUUID } from 'node:crypto';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Admin, Consumer, KafkaMessage, Message } from 'kafkajs';
import type { SourceContext, SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { connectionTo } from './brokers.ts';
import type { KafkaConnection } from './client.ts';
import { compressionType, registerCodecs } from './codecs.ts';
import type { Compression } from './codecs.ts';
import { kafkaSource } from './source.ts';
import type { KafkaSourceConfig } from './source.ts';

/** The broker of the test run. */
export const brokerConnection = (): KafkaConnection => connectionTo(process.env['KAFKA_BROKERS']);

/** A stock client; of another broker when told. */
export function stockKafka(brokers?: string): Kafka {
  registerCodecs();
  const { addresses } = brokers === undefined ? brokerConnection() : connectionTo(brokers);
  return new Kafka({
    brokers: [...addresses],
    clientId: 'engine-test',
    logLevel: logLevel.NOTHING,
  });
}

/** Runs `work` with a connected admin client. */
export async function asAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = stockKafka().admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** A name no other test has. */
export const freshName = (what: string): string => `test-${what}-${randomUUID().slice(0, 8)}`;

/** Makes an empty topic that keeps records for ever. */
export async function makeTopic(
  topic: string,
  numPartitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries({ 'retention.ms': '-1', ...settings }).map(
    ([name, value]) => ({ name, value }),
  );
  await asAdmin(async (admin) => {
    const topics = [{ topic, numPartitions, configEntries }];
    await admin.createTopics({ topics, waitForLeaders: false });
    for (let looks = 0; looks < 100; looks++) {
      const isReady = await admin.fetchTopicOffsets(topic).then(
        () => true,
        () => false,
      );
      if (isReady) return;
      await pause(50);
    }
    throw new Error(`topic ${topic} does not get ready`);
  });
}

/** Removes a topic; resolves when it is gone. */
export async function removeTopic(topic: string): Promise<void> {
  await asAdmin(async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    while ((await admin.listTopics()).includes(topic)) await pause(50);
  });
}

/** Deletes the records of a partition below an offset. */
export async function deleteBefore(topic: string, partition: number, next: number): Promise<void> {
  await asAdmin(async (admin) => {
    // kafkajs knows no leader of a topic it was not asked about before.
    await admin.fetchTopicOffsets(topic);
    const partitions = [{ partition, offset: String(next) }];
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

/** Resolves after some milliseconds: for waiting on the broker, never for ordering. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** What to fill a topic with. */
export interface Filling {
  readonly records: ReadonlyMap<number, readonly string[]>;
  /** Records a batch. */
  readonly perBatch?: number;
  readonly compression?: Compression;
  readonly transaction?: 'committed' | 'aborted';
}

/** Writes records to their partitions, in order. */
export async function fill(topic: string, filling: Filling): Promise<void> {
  const { records, perBatch = 100, compression = 'none', transaction } = filling;
  const producer = stockKafka().producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    ...(transaction === undefined ? {} : { transactionalId: freshName('txn') }),
  });
  await producer.connect();
  const target = transaction === undefined ? producer : await producer.transaction();
  const longest = Math.max(...[...records.values()].map(({ length }) => length));
  for (let from = 0; from < longest; from += perBatch) {
    const messages: Message[] = [...records].flatMap(([partition, values]) =>
      values.slice(from, from + perBatch).map((value) => ({ partition, value, key: `k${value}` })),
    );
    await target.send({ topic, messages, acks: -1, compression: compressionType(compression) });
  }
  if ('commit' in target) await (transaction === 'aborted' ? target.abort() : target.commit());
  await producer.disconnect();
}

/** Values `prefix-partition-i` for each partition. */
export const valuesOf = (
  counts: readonly number[],
  prefix = 'v',
): ReadonlyMap<number, readonly string[]> =>
  new Map(
    counts.map((count, partition) => [
      partition,
      Array.from({ length: count }, (_, i) => `${prefix}-${partition}-${i}`),
    ]),
  );

/** A source node with what the adapter reads of it. */
export const sourceNode = (config: KafkaSourceConfig): SourceNode =>
  ({
    kind: 'source',
    name: 'readings',
    connector: { kind: 'kafka', config, connection: brokerConnection() },
  }) as unknown as SourceNode;

/** A source on a topic, in a group of its own. */
export function openSource(
  topic: string,
  config: Partial<KafkaSourceConfig> = {},
  context: Partial<SourceContext> = {},
): SourcePort {
  const node = sourceNode({ topic, group: freshName('group'), start: 'earliest', ...config });
  return kafkaSource(node, {
    pipeline: 'test',
    signal: new AbortController().signal,
    onNotice: () => undefined,
    ...context,
  });
}

/** Reads `count` messages of a topic with a stock consumer. */
export async function readBack(topic: string, count: number): Promise<KafkaMessage[]> {
  const consumer: Consumer = stockKafka().consumer({ groupId: freshName('reader') });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: ({ message }) => {
          messages.push(message);
          if (messages.length === count) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return messages;
}

/** All there is in a topic now, by a stock consumer: by partition, in the order of the offsets. */
export async function readWhole(
  topic: string,
  brokers?: string,
): Promise<Map<number, KafkaMessage[]>> {
  const kafka = stockKafka(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const bounds = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const messages = new Map<number, KafkaMessage[]>(bounds.map(({ partition }) => [partition, []]));
  const open = new Set(
    bounds.flatMap(({ partition, low, high }) => (low === high ? [] : [partition])),
  );
  if (open.size === 0) return messages;
  const ends = new Map(bounds.map(({ partition, high }) => [partition, Number(high)]));
  const consumer = kafka.consumer({ groupId: freshName('reader'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          const { partition } = batch;
          for (const message of batch.messages) messages.get(partition)?.push(message);
          if (Number(batch.lastOffset()) + 1 >= (ends.get(partition) ?? 0)) open.delete(partition);
          if (open.size === 0) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return messages;
}
