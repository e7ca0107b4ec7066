/** Topics of the tests: filled record by record, with partitions and timestamps as told. */
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import { decodeBatch } from '../../engine/io/embedded/log-batch.ts';
import { withAdmin } from '../../engine/io/kafka/admin.ts';
import { DirectClient } from '../../engine/io/kafka/direct-client.ts';
import { readHeader } from '../../engine/io/kafka/record-batch.ts';
import { TopicWriter } from '../../engine/io/kafka/topic-writer.ts';

/** A record to be written. */
export interface TestRecord {
  readonly partition: number;
  readonly key?: string;
  /** Null is a tombstone. */
  readonly value: string | Uint8Array | null;
  /** Epoch ms; the broker's timestamp of the record (topics take the producer's). Now unless told. */
  readonly timestamp?: number;
  /** By name; a list for several of one name. */
  readonly headers?: Record<string, string | Buffer | (string | Buffer)[]>;
}

/** A topic on the server of KAFKA_BROKERS, or on `brokers`. */
export class TestTopic {
  readonly name: string;
  readonly #brokers: string | undefined;
  readonly #partitions: number;
  #writer: TopicWriter;

  constructor(name: string, partitions: number, brokers = process.env['KAFKA_BROKERS']) {
    this.name = name;
    this.#brokers = brokers;
    this.#partitions = partitions;
    this.#writer = this.#openWriter();
  }

  /** Creates the topic. */
  async create(): Promise<void> {
    await this.#writer.open();
  }

  /** Appends records; resolves when they are acknowledged. */
  async write(records: readonly TestRecord[]): Promise<void> {
    const now = Date.now();
    await this.#writer.write(
      records.map(({ partition, key, value, timestamp = now, headers = {} }) => ({
        partition,
        key: key ?? null,
        value: value === null ? null : Buffer.from(value),
        timestamp: String(timestamp),
        headers,
      })),
    );
  }

  /** Adds partitions, until there are so many. */
  async grow(partitions: number): Promise<void> {
    await withAdmin(connectionTo(this.#brokers), `growing ${this.name}`, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: this.name, count: partitions }] }),
    );
    // kafkajs silently drops messages for partitions that it has not heard of.
    await this.#writer.close();
    this.#writer = this.#openWriter();
    await this.#writer.open();
  }

  /** Removes the topic and leaves the broker. */
  async remove(): Promise<void> {
    await this.#writer.close();
    await withAdmin(connectionTo(this.#brokers), `removing ${this.name}`, (admin) =>
      admin.deleteTopics({ topics: [this.name] }),
    );
  }

  #openWriter(): TopicWriter {
    return new TopicWriter({
      connection: connectionTo(this.#brokers),
      topic: this.name,
      clientId: 'e2e',
      signal: new AbortController().signal,
      onNotice: () => undefined,
      partitions: this.#partitions,
      retentionMs: -1,
    });
  }
}

/** A record read back. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Of several of one name the last. */
  readonly headers: ReadonlyMap<string, string>;
}

const FETCH_BYTES = 4 << 20;

/** All records of a topic, by partition and offset; none when there is no such topic. */
export async function readTopic(
  topic: string,
  brokers = process.env['KAFKA_BROKERS'],
): Promise<ReadRecord[]> {
  const client = new DirectClient(connectionTo(brokers), topic, 'e2e');
  const records: ReadRecord[] = [];
  try {
    for (const [partition, end] of await client.offsets('high')) {
      for (let next = 0; next < end;) {
        const { bytes } = await client.fetch(partition, next, FETCH_BYTES);
        for (const record of recordsOf(bytes)) {
          if (record.offset < next) continue;
          const headers = record.headers.map(
            ([name, value]) => [name, String(value ?? '')] as const,
          );
          records.push({ ...record, partition, headers: new Map(headers) });
          next = record.offset + 1;
        }
      }
    }
  } finally {
    await client.close();
  }
  return records;
}

function* recordsOf(bytes: Buffer): Generator<ReturnType<typeof decodeBatch>[number]> {
  for (let at = 0, header = readHeader(bytes, 0); header !== null; header = readHeader(bytes, at)) {
    yield* decodeBatch(bytes.subarray(at, header.end));
    at = header.end;
  }
}
