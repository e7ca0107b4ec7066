import type { Message, Producer } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { invariant } from '../../errors.ts';
import { createTopic } from './admin.ts';
import { clientConfig, isType, retry } from './client.ts';
import type { KafkaConnection } from './client.ts';
import { compressionType } from './codecs.ts';
import type { Compression } from './codecs.ts';
import { patiently } from './patience.ts';
import { privateKafkajs } from './seams.ts';
import { Trouble } from './trouble.ts';

/** Where to write, and whom to tell. */
export interface WriterOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly clientId: string;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
  /** Used only when the topic has to be created; the broker's default when absent. */
  readonly partitions?: number;
  readonly retentionMs?: number;
  readonly compression?: Compression;
}

/** A message the broker refused for its content. */
export interface RefusedMessage {
  readonly message: Message;
  readonly reason: string;
}

/** Below the brokers' default limit of 1 MiB for a batch, which is what a partition's messages become. */
const REQUEST_BYTES = 768 << 10;
const OVERHEAD_BYTES = 32;
const SLOW_MS = 10_000;
const OPEN_LIMIT_MS = 20_000;

interface Waiting {
  readonly message: Message;
  readonly settle: (refusal: RefusedMessage | null) => void;
}

/**
 * Writes messages to one topic with an idempotent producer, acknowledged by all replicas. One
 * request is in flight; what is written meanwhile goes together with the next, so that order is kept
 * and small writes batch themselves. Retries for ever.
 */
export class TopicWriter {
  readonly #options: WriterOptions;
  readonly #trouble: Trouble;
  #producer: Producer | null = null;
  #waiting: Waiting[] = [];
  /** So many of these are taken. */
  #taken = 0;
  #sending: Promise<void> | null = null;
  #failure: Error | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#trouble = new Trouble(`writing to topic ${options.topic}`, options.onNotice);
  }

  /**
   * Connects, and creates the topic if it is missing; true when it was created. Throws EngineError
   * ENG_KAFKA_CONNECT when no broker answers for 20 s.
   */
  async open(): Promise<boolean> {
    const { connection, topic, partitions, retentionMs } = this.#options;
    return this.#patiently(OPEN_LIMIT_MS, async () => {
      const created = await createTopic(connection, {
        topic,
        ...(partitions === undefined ? {} : { partitions }),
        ...(retentionMs === undefined ? {} : { retentionMs }),
      });
      await this.#connected();
      return created;
    });
  }

  /**
   * Resolves when all messages are acknowledged, with those that were refused for their content.
   * Rejects when trying again cannot help or the signal aborts.
   */
  async write(messages: readonly Message[]): Promise<readonly RefusedMessage[]> {
    if (this.#failure !== null) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<readonly RefusedMessage[]>();
    let left = messages.length;
    const refused: RefusedMessage[] = [];
    const settle = (refusal: RefusedMessage | null): void => {
      if (refusal !== null) refused.push(refusal);
      if (--left === 0) resolve(refused);
    };
    if (left === 0) return [];
    for (const message of messages) this.#waiting.push({ message, settle });
    this.#sending ??= this.#drain();
    this.#sending.catch(reject);
    return promise;
  }

  /** Resolves when everything written so far is acknowledged. */
  async flush(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  /** Disconnects; what is not acknowledged by then is not written. */
  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect().catch(() => undefined);
  }

  async #drain(): Promise<void> {
    try {
      // What is written in this tick goes together.
      await Promise.resolve();
      while (this.#waiting.length > 0) await this.#send(this.#nextRequest());
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    } finally {
      this.#sending = null;
    }
  }

  #nextRequest(): Waiting[] {
    const from = this.#taken;
    let bytes = 0;
    let until = from;
    for (; until < this.#waiting.length; until++) {
      bytes += sizeOf((this.#waiting[until] as Waiting).message);
      if (until > from && bytes > REQUEST_BYTES) break;
    }
    const request = this.#waiting.slice(from, until);
    this.#taken = until;
    if (until * 2 < this.#waiting.length) return request;
    // Forgets what was taken once it is half of what is there: no more is moved than was taken.
    this.#waiting = this.#waiting.slice(until);
    this.#taken = 0;
    return request;
  }

  async #send(request: readonly Waiting[]): Promise<void> {
    const refusal = await this.#patiently(undefined, () => this.#watched(request));
    if (refusal === null) {
      for (const { settle } of request) settle(null);
    } else if (request.length === 1) {
      const [only] = request;
      invariant(only, 'a request holds a message');
      only.settle({ message: only.message, reason: refusal });
    } else {
      // One of them is too much for the broker: halve until it stands alone.
      const half = request.length >> 1;
      await this.#send(request.slice(0, half));
      await this.#send(request.slice(half));
    }
  }

  /** An attempt that says so when no answer comes: kafkajs waits for minutes. */
  async #watched(request: readonly Waiting[]): Promise<string | null> {
    const begun = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.#trouble.met(`no acknowledgement for ${Math.round((now - begun) / 1000)} s`, now);
    }, SLOW_MS);
    try {
      const refusal = await this.#attempt(request);
      this.#trouble.over();
      return refusal;
    } finally {
      clearInterval(timer);
    }
  }

  /** Null when acknowledged, else why the content was refused; throws for everything else. */
  async #attempt(request: readonly Waiting[]): Promise<string | null> {
    const { topic, compression = 'none' } = this.#options;
    const producer = await this.#connected();
    try {
      await producer.send({
        topic,
        acks: -1,
        compression: compressionType(compression),
        messages: request.map(({ message }) => message),
      });
      return null;
    } catch (error) {
      if (isType(error, 'MESSAGE_TOO_LARGE') || isType(error, 'RECORD_LIST_TOO_LARGE')) {
        return 'larger than the broker takes (message.max.bytes)';
      }
      if (isType(error, 'INVALID_RECORD')) return 'refused by the broker as an invalid record';
      // Its sequence numbers are in doubt: the next attempt begins with a new producer.
      await this.close();
      throw error;
    }
  }

  async #connected(): Promise<Producer> {
    if (this.#producer !== null) return this.#producer;
    const { connection, clientId } = this.#options;
    const { Kafka } = privateKafkajs();
    const producer = new Kafka(clientConfig(connection, clientId)).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry,
    });
    await producer.connect();
    this.#producer = producer;
    return producer;
  }

  async #patiently<T>(limitMs: number | undefined, work: () => Promise<T>): Promise<T> {
    const { connection, topic, signal, onNotice } = this.#options;
    return patiently(work, {
      connection,
      doing: `writing to topic ${topic}`,
      signal,
      onNotice,
      ...(limitMs === undefined ? {} : { limitMs }),
    });
  }
}

const byteLength = (part: Buffer | string | null | undefined): number =>
  part === null || part === undefined ? 0 : Buffer.byteLength(part);

function sizeOf({ key, value, headers }: Message): number {
  let size = OVERHEAD_BYTES + byteLength(key) + byteLength(value);
  for (const [name, header] of Object.entries(headers ?? {})) {
    for (const one of [header].flat()) size += name.length + byteLength(one) + 4;
  }
  return size;
}
