/** Rows and dead letters → a topic log. At least once, with ids (R6). */
import type { RowBatch } from '../../core/batch.ts';
import { buildRowId } from '../../core/row-id.ts';
import { buildRowJson } from '../../core/row-json.ts';
import { buildRowKey } from '../../core/row-key.ts';
import { buildRowTime } from '../../core/row-time.ts';
import { EngineError } from '../../errors.ts';
import type { DeadLetterPort, SinkContext, SinkPort } from '../../graph/ports.ts';
import type { Connector, SinkNode } from '../../plan/planner.ts';
import { ID_HEADER, letterHeaders } from '../dead-letter/letter-headers.ts';
import type { LogRecord } from './log-batch.ts';
import { partitionOf } from './partitioner.ts';
import { openTopic, type TopicWriter } from './topic-writer.ts';

/** Settings of a topic-log sink. */
export interface TopicLogSinkConfig {
  readonly topic: string;
  /** Name of the column that gives the record's key, or null. */
  readonly key: string | null;
  /** Names of the columns that identify a window row; all columns when it is not said. */
  readonly identity?: readonly string[] | null;
}

/**
 * A sink that appends rows to a topic: the value is the row as JSON, the key the key column's text,
 * the timestamp the row's event time.
 * @param directory the engine's directory, `.engine`
 */
export function topicLogSink(node: SinkNode, context: SinkContext, directory: string): SinkPort {
  return new TopicLogSink(node, context, directory);
}

class TopicLogSink implements SinkPort {
  readonly #context: SinkContext;
  readonly #directory: string;
  readonly #topic: string;
  readonly #records: (batch: RowBatch) => Routed[];
  #writer: TopicWriter | null = null;

  constructor(node: SinkNode, context: SinkContext, directory: string) {
    const config = node.connector.config as TopicLogSinkConfig;
    this.#context = context;
    this.#directory = directory;
    this.#topic = config.topic;
    this.#records = buildRecords(node, config, context.pipeline);
  }

  async open(): Promise<void> {
    this.#writer = await openTopic(this.#directory, this.#topic);
  }

  async write(batch: RowBatch): Promise<void> {
    if (this.#writer === null || this.#context.signal.aborted) {
      throw new EngineError('ENG_RUN_STOPPED', `topic ${this.#topic} is closed`);
    }
    await appendAll(this.#writer, this.#records(batch));
  }

  async flush(): Promise<void> {
    await this.#writer?.flush();
  }

  async close(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.close();
  }
}

/** A record and its partition. */
interface Routed {
  readonly partition: number;
  readonly record: LogRecord;
}

async function appendAll(writer: TopicWriter, routed: readonly Routed[]): Promise<void> {
  const byPartition = new Map<number, LogRecord[]>();
  for (const { partition, record } of routed) {
    const records = byPartition.get(partition);
    if (records === undefined) byPartition.set(partition, [record]);
    else records.push(record);
  }
  await Promise.all([...byPartition].map(async ([p, records]) => writer.append(p, records)));
}

/** Rows with a key go to its partition, others stay in the one they came from. */
function buildRecords(
  { name, columns }: SinkNode,
  { key: keyColumn, identity = null }: TopicLogSinkConfig,
  pipeline: string,
): (batch: RowBatch) => Routed[] {
  const json = buildRowJson(columns);
  const idOf = buildRowId({ pipeline, sink: name, columns, identity });
  const keyOf = buildRowKey(columns, keyColumn);
  const timeOf = buildRowTime(columns);
  return (batch) => {
    const from = batch.origin.kind === 'records' ? batch.origin.partition : 0;
    return Array.from({ length: batch.length }, (_, row) => {
      const text = keyOf(batch, row);
      const key = text === null ? null : Buffer.from(text, 'utf8');
      const record: LogRecord = {
        timestamp: timeOf(batch, row) || 0, // NaN: window rows that leave window_end out
        key,
        value: Buffer.from(json(batch, row), 'utf8'),
        headers: [[ID_HEADER, Buffer.from(idOf(batch, row), 'utf8')]],
      };
      return { partition: key === null ? from : partitionOf(key), record };
    });
  };
}

/**
 * Dead letters to a topic, as they are in one of Kafka: the record's own key and value, with headers
 * that say where it came from and why it was not used; in the record's partition, else the first. The timestamp is the
 * record's or, where it has none, `nowMs()`.
 */
export function topicLogDeadLetters(
  connector: Connector,
  context: SinkContext,
  directory: string,
  nowMs: () => number = Date.now,
): DeadLetterPort {
  const { topic } = connector.config as { topic: string };
  const { pipeline } = context;
  let writer: TopicWriter | null = null;
  return {
    async open() {
      writer = await openTopic(directory, topic);
    },
    async write(letters) {
      if (writer === null) throw new EngineError('ENG_RUN_STOPPED', `topic ${topic} is closed`);
      const records = letters.map((letter) => ({
        // Rows of windows come from none.
        partition: Math.max(0, letter.partition),
        record: {
          timestamp: letter.timestamp ?? nowMs(),
          key: letter.key,
          value: letter.value,
          headers: letterHeaders(pipeline, letter),
        },
      }));
      await appendAll(writer, records);
    },
    async close() {
      const open = writer;
      writer = null;
      await open?.close();
    },
  };
}
