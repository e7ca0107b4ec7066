import type { Message } from 'kafkajs';
import type { RowBatch } from '../../core/batch.ts';
import { buildRowId } from '../../core/row-id.ts';
import { buildRowJson } from '../../core/row-json.ts';
import { buildRowKey } from '../../core/row-key.ts';
import { EngineError } from '../../errors.ts';
import type { SinkContext, SinkPort } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';
import { ID_HEADER } from '../dead-letter/letter-headers.ts';
import type { Compression } from './codecs.ts';
import { clientIdOf } from './membership.ts';
import { TopicWriter } from './topic-writer.ts';
import type { RefusedMessage } from './topic-writer.ts';

/** The settings of a kafka sink, as the planner leaves them. */
export interface KafkaSinkConfig {
  readonly topic: string;
  /** Name of the column whose text is the message key; no key when absent. */
  readonly key?: string | null;
  /** Names of the columns that identify a window row; all columns when absent. */
  readonly identity?: readonly string[] | null;
  readonly compression?: Compression;
}

/**
 * A sink that writes each row as JSON to a topic, at least once: a row written again after a crash
 * carries the same id in header `engine-id`. The topic is created if it is missing, with the broker's
 * defaults. Message timestamps are the time of writing: with event times, a replay of old events
 * would fall to the topic's retention.
 */
export const kafkaSink = (node: SinkNode, context: SinkContext): SinkPort =>
  new KafkaSink(node, context);

class KafkaSink implements SinkPort {
  readonly #context: SinkContext;
  readonly #topic: string;
  readonly #writer: TopicWriter;
  readonly #toMessages: (batch: RowBatch) => Message[];
  readonly #pending = new Set<Promise<unknown>>();

  constructor(node: SinkNode, context: SinkContext) {
    const { connection } = node.connector;
    if (connection === null) {
      throw new EngineError('ENG_INVARIANT', `engine bug: sink ${node.name} has no connection`);
    }
    const config = node.connector.config as KafkaSinkConfig;
    this.#context = context;
    this.#topic = config.topic;
    this.#toMessages = buildMessages(node, config, context.pipeline);
    this.#writer = new TopicWriter({
      connection,
      topic: config.topic,
      clientId: clientIdOf(context.pipeline),
      signal: context.signal,
      onNotice: context.onNotice,
      ...(config.compression === undefined ? {} : { compression: config.compression }),
    });
  }

  async open(): Promise<void> {
    if (await this.#writer.open()) {
      this.#context.onNotice(`topic ${this.#topic} was created`);
    }
  }

  async write(batch: RowBatch): Promise<void> {
    if (this.#context.signal.aborted) {
      throw new EngineError('ENG_RUN_STOPPED', `topic ${this.#topic} is closed`);
    }
    const messages = this.#toMessages(batch);
    const written = this.#writer.write(messages);
    this.#pending.add(written);
    try {
      this.#refuse(batch, messages, await written);
    } finally {
      this.#pending.delete(written);
    }
  }

  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  async close(): Promise<void> {
    // Whoever wrote is told of a failure by its own promise.
    await Promise.allSettled(this.#pending);
    await this.#writer.close();
  }

  #refuse(batch: RowBatch, messages: Message[], refused: readonly RefusedMessage[]): void {
    if (refused.length === 0) return;
    const rows = new Map(messages.map((message, row) => [message, row]));
    this.#context.onRefused(
      refused.map(({ message, reason }) => ({ batch, row: rows.get(message) ?? 0, reason })),
    );
  }
}

function buildMessages(
  { name, columns }: SinkNode,
  { key = null, identity = null }: KafkaSinkConfig,
  pipeline: string,
): (batch: RowBatch) => Message[] {
  const json = buildRowJson(columns);
  const idOf = buildRowId({ pipeline, sink: name, columns, identity });
  const keyOf = buildRowKey(columns, key);
  return (batch) =>
    Array.from({ length: batch.length }, (_, row) => ({
      key: keyOf(batch, row),
      value: json(batch, row),
      headers: { [ID_HEADER]: idOf(batch, row) },
    }));
}
