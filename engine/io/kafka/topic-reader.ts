import { randomUUID } from 'node:crypto';
import { Kafka } from 'kafkajs';
import type { EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs';
import { clientConfig, kafkaError, retry } from './client.ts';
import type { KafkaConnection } from './client.ts';
import { registerCodecs } from './codecs.ts';

/** A header of a record; of one name there may be several. */
export type TopicHeader = readonly [name: string, value: Buffer | null];

/** A decoded record, for people. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch ms; NaN where there is none, as in files. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly TopicHeader[];
}

/** What to read. */
export interface TopicRange {
  readonly topic: string;
  /** First offset by partition. */
  readonly from: ReadonlyMap<number, number>;
  /** Ends by partition, exclusive; null reads on as records come. */
  readonly until: ReadonlyMap<number, number> | null;
}

/** Ends of a log may hold no record (transaction markers, compaction): quiet this long is the end. */
const QUIET_MS = 3_000;
const LOOK_EVERY_MS = 100;

/**
 * Reads a topic with a consumer of the stock kafkajs, in a group that it leaves no trace of, and
 * calls `onRecord` in order per partition until it returns false or the range ends. Throws EngineError
 * ENG_KAFKA_CONNECT or ENG_KAFKA_FAILED.
 */
export async function readTopic(
  connection: KafkaConnection,
  range: TopicRange,
  onRecord: (record: TopicRecord) => boolean,
): Promise<void> {
  const { topic } = range;
  const progress = new RangeProgress(range);
  if (progress.isDone()) return;
  registerCodecs();
  const groupId = `engine-tail-${randomUUID()}`;
  const consumer = new Kafka(clientConfig(connection, groupId)).consumer({
    groupId,
    retry,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 250,
  });
  const ended = Promise.withResolvers<null>();
  consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
  const timer = setInterval(() => {
    if (progress.isDone()) ended.resolve(null);
  }, LOOK_EVERY_MS);
  const take = ({ batch, resolveOffset }: EachBatchHandles): void => {
    for (const message of batch.messages) {
      if (!progress.wants(batch.partition, Number(message.offset))) continue;
      if (progress.isOver) break;
      if (!onRecord(recordOf(batch.partition, message))) progress.isOver = true;
    }
    resolveOffset(batch.lastOffset());
    progress.reached(batch.partition, Number(batch.lastOffset()) + 1);
    if (progress.isDone()) ended.resolve(null);
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        take(payload);
        return Promise.resolve();
      },
    });
    for (const [partition, offset] of range.from) {
      consumer.seek({ topic, partition, offset: String(offset) });
    }
    await ended.promise;
  } catch (error) {
    throw kafkaError(error, `reading topic ${topic}`, connection);
  } finally {
    clearInterval(timer);
    await consumer.disconnect().catch(() => undefined);
  }
}

type EachBatchHandles = Pick<EachBatchPayload, 'batch'> & {
  readonly resolveOffset: (offset: string) => void;
};

class RangeProgress {
  readonly #range: TopicRange;
  readonly #open: Set<number>;
  #activeAt = performance.now();
  isOver = false;

  constructor(range: TopicRange) {
    this.#range = range;
    this.#open = new Set(
      [...(range.until ?? [])]
        .filter(([partition, end]) => (range.from.get(partition) ?? 0) < end)
        .map(([partition]) => partition),
    );
  }

  wants(partition: number, offset: number): boolean {
    const { from, until } = this.#range;
    return offset >= (from.get(partition) ?? 0) && offset < (until?.get(partition) ?? Infinity);
  }

  reached(partition: number, next: number): void {
    this.#activeAt = performance.now();
    if (next >= (this.#range.until?.get(partition) ?? Infinity)) this.#open.delete(partition);
  }

  isDone(): boolean {
    if (this.isOver) return true;
    if (this.#range.until === null) return false;
    return this.#open.size === 0 || performance.now() - this.#activeAt > QUIET_MS;
  }
}

function recordOf(partition: number, message: KafkaMessage): TopicRecord {
  const { offset, timestamp, key, value, headers } = message;
  return {
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: Object.entries(headers ?? {}).flatMap(([name, given]) =>
      buffersOf(given).map((value): TopicHeader => [name, value]),
    ),
  };
}

/** What kafkajs hands on of a header without a value is null, whatever its types say. */
const buffersOf = (header: IHeaders[string] | null): (Buffer | null)[] =>
  (Array.isArray(header) ? header : [header ?? null]).map((each: Buffer | string | null) =>
    each === null ? null : Buffer.from(each),
  );
