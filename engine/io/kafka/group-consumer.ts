import type { Consumer, EachBatchPayload } from 'kafkajs';
import { EngineError } from '../../errors.ts';
import { bySubscription } from './assigner.ts';
import { clientConfig, isPlain, retry } from './client.ts';
import type { KafkaConnection } from './client.ts';
import { framedSocket } from './framed-socket.ts';
import type { GroupFetch, GroupHandlers, GroupMembership } from './kafka-port.ts';
import { within } from './patience.ts';
import { privateKafkajs } from './seams.ts';
import type { RawFetch } from './seams.ts';

/** The most bytes asked for in one response, and of one partition in it. */
export const FETCH_BYTES = 16 << 20;
const PARTITION_BYTES = 2 << 20;
/** Also the longest a partition resumed alone waits for the fetch of the others. */
const FETCH_WAIT_MS = 50;
const HEARTBEAT_MS = 3_000;
const SESSION_MS = 10_000;
const REBALANCE_MS = 30_000;
/** New partitions are noticed this fast. */
const METADATA_AGE_MS = 10_000;
const SILENCE_NOTICE_MS = 10_000;
const SILENCE_LIMIT_MS = 75_000;
const WATCH_EVERY_MS = 5_000;
const CLOSE_LIMIT_MS = 5_000;
const COMMIT_LIMIT_MS = 10_000;
/** Handlers of one response run in one tick when there are at least as many as partitions. */
const LEAST_HANDLERS = 64;

/** What a consumer needs. */
export interface GroupOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  readonly clientId: string;
  readonly partitions: number;
}

/**
 * One life of a group membership: it ends at the first crash, and never restarts by itself, so that
 * nothing goes on behind our back. Commits nothing unless told.
 */
export class GroupConsumer implements GroupMembership {
  readonly #options: GroupOptions;
  readonly #handlers: GroupHandlers;
  readonly #consumer: Consumer;
  readonly #ended: Promise<Error | null>;
  #end: (error: Error | null) => void = () => undefined;
  #isOver = false;
  #signOfLife = performance.now();
  /** kafkajs' commit that tries once, with the generation of that moment; null before the first fetch. */
  #commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | null = null;

  constructor(options: GroupOptions, handlers: GroupHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#ended = new Promise((resolve) => {
      this.#end = (error) => {
        this.#isOver = true;
        resolve(error);
      };
    });
    this.#consumer = this.#create();
  }

  /**
   * Joins the group and fetches until `close` (null) or until it breaks (the error).
   * Never rejects.
   */
  async run(): Promise<Error | null> {
    const watchdog = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    try {
      this.#listen();
      await this.#consumer.connect();
      if (!this.#isOver) await this.#consumer.subscribe({ topics: [this.#options.topic] });
      if (!this.#isOver) await this.#start();
      return await this.#ended;
    } catch (error) {
      this.#isOver = true;
      return error as Error;
    } finally {
      clearInterval(watchdog);
      await this.#disconnect();
    }
  }

  /** Moves the next fetch of a partition. */
  seek(partition: number, offset: number): void {
    this.#whileRunning(() => {
      this.#consumer.seek({ topic: this.#options.topic, partition, offset: String(offset) });
    });
  }

  /** Stops fetching these; what is in flight for them is dropped. */
  pause(partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    this.#whileRunning(() => {
      this.#consumer.pause([{ topic: this.#options.topic, partitions: [...partitions] }]);
    });
  }

  /** Fetches these again, at once if all were paused. */
  resume(partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    this.#whileRunning(() => {
      this.#consumer.resume([{ topic: this.#options.topic, partitions: [...partitions] }]);
    });
    privateKafkajs().wake();
  }

  /**
   * Commits offsets as a member of the group, once: `consumer.commitOffsets` tries again behind a
   * rebalance, with the new generation, and would write over what the new owner of a partition has
   * committed; and it does nothing, silently, once stopping has begun.
   */
  async commit(positions: ReadonlyMap<number, number>): Promise<void> {
    if (this.#commitOnce === null) throw new Error('the group has not been joined yet');
    const partitions = [...positions].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
    }));
    const commit = this.#commitOnce({ topics: [{ topic: this.#options.topic, partitions }] });
    await within(COMMIT_LIMIT_MS, 'the broker does not answer', commit);
  }

  /** Leaves the group; resolves when `run` has. */
  async close(): Promise<void> {
    this.#end(null);
    privateKafkajs().wake();
    await this.#disconnect();
  }

  #create(): Consumer {
    const { connection, clientId, group } = this.#options;
    const { Kafka } = privateKafkajs();
    const config = clientConfig(connection, clientId, (text) => this.#handlers.onTrouble(text));
    const kafka = new Kafka({
      ...config,
      ...(isPlain(connection) ? { socketFactory: framedSocket } : {}),
    });
    return kafka.consumer({
      groupId: group,
      partitionAssigners: [bySubscription],
      allowAutoTopicCreation: false,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_BYTES,
      minBytes: 1,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      metadataMaxAge: METADATA_AGE_MS,
      retry: { ...retry, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  #listen(): void {
    const consumer = this.#consumer;
    const { GROUP_JOIN, CRASH, FETCH, HEARTBEAT, CONNECT } = consumer.events;
    const live = (): void => {
      this.#signOfLife = performance.now();
    };
    consumer.on(FETCH, live);
    consumer.on(HEARTBEAT, live);
    consumer.on(CONNECT, live);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      live();
      if (this.#isOver) return;
      const assigned = payload.memberAssignment[this.#options.topic] ?? [];
      this.#guarded(() => this.#handlers.onJoin(assigned, payload.memberId));
    });
    consumer.on(CRASH, ({ payload }) => this.#end(payload.error));
  }

  async #start(): Promise<void> {
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: Math.max(LEAST_HANDLERS, this.#options.partitions),
      // A handler that throws kills the consumer, and one that waits stops the heartbeats.
      eachBatch: async (payload) => {
        this.#commitOnce = (offsets) => payload.commitOffsetsIfNecessary(offsets);
        if (!this.#isOver) this.#guarded(() => this.#handlers.onFetch(toFetch(payload)));
        return Promise.resolve();
      },
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Between crash and rebuild kafkajs has no group to seek or pause in; joining anew sets it all. */
  #whileRunning(work: () => void): void {
    if (this.#isOver) return;
    try {
      work();
    } catch {
      // Not joined yet.
    }
  }

  /** A broker that neither answers nor closes is told of, and in the end left. */
  #watch(): void {
    const silentMs = performance.now() - this.#signOfLife;
    const text = `no answer for ${Math.round(silentMs / 1000)} s`;
    if (silentMs >= SILENCE_LIMIT_MS) this.#end(new Error(text));
    else if (silentMs >= SILENCE_NOTICE_MS) this.#handlers.onTrouble(text);
  }

  async #disconnect(): Promise<void> {
    try {
      await within(CLOSE_LIMIT_MS, 'leaving took too long', this.#consumer.disconnect());
    } catch {
      // The broker is away: it will notice by the missing heartbeats.
    }
  }
}

function toFetch(payload: EachBatchPayload): GroupFetch {
  const { batch } = payload;
  const [message] = batch.messages as unknown as (RawFetch | { raw?: undefined })[];
  if (message?.raw !== true) {
    throw new EngineError(
      'ENG_KAFKA_FORMAT',
      'the broker is too old: Kafka 0.11 or newer is needed (fetch protocol 4, record batches)',
    );
  }
  return {
    partition: batch.partition,
    fetchedOffset: Number((batch as unknown as { fetchedOffset: string }).fetchedOffset),
    bytes: message.value,
    aborted: message.aborted,
    highWatermark: Number(batch.highWatermark),
    accept: (nextOffset) => payload.resolveOffset(String(nextOffset - 1)),
  };
}
