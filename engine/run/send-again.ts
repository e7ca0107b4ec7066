/** Sends records of dead letters to the topic of their source again. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import type { KeptLetter } from '../io/dead-letter/kept-letter.ts';
import type { Plan, SourceNode } from '../plan/planner.ts';
import { pipelineDirectory } from './parts.ts';
import type { RecordHeader } from '../../workers/protocol.ts';

/** Header of a record that is sent again: the id of its dead letter. */
const RETRY_HEADER = 'engine-retry-of';

const AT_ONCE = 1_000;

/** Which letters have been sent again, and how to say so. */
export interface RetryLog {
  readonly ids: ReadonlySet<string>;
  note(letters: readonly KeptLetter[]): Promise<void>;
}

/** The letters of a pipeline that have been sent again from this project: `retried` beside its state. */
export async function openRetryLog(plan: Plan, project: string): Promise<RetryLog> {
  const directory = pipelineDirectory(plan, project);
  const file = join(directory, 'retried');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  return {
    ids: new Set(text.split('\n').filter((line) => line !== '')),
    async note(letters) {
      await mkdir(directory, { recursive: true });
      await appendFile(file, letters.map(({ id }) => `${id}\n`).join(''));
    },
  };
}

/** The headers of the record, and the one that names its letter: the last, if it was sent again before. */
const headersOf = ({ id, headers = [] }: KeptLetter): RecordHeader[] => [
  ...headers.filter(([name]) => name !== RETRY_HEADER),
  [RETRY_HEADER, Buffer.from(id, 'utf8')],
];

/** Sends some records; rejects when they cannot be written. */
type Send = (letters: readonly KeptLetter[]) => Promise<void>;

/**
 * Appends the letters' records to the topic of their source: key, value, headers, partition and
 * timestamp as they were, with one header more that names the letter. Each thousand is noted once it is there, so that a
 * record may come twice after a crash, and never not at all. Throws EngineError of the client.
 */
export async function sendAgain(
  node: SourceNode,
  letters: readonly KeptLetter[],
  { log, project }: { readonly log: RetryLog; readonly project: string },
): Promise<void> {
  const { send, close } = await openSender(node, project);
  try {
    for (let at = 0; at < letters.length; at += AT_ONCE) {
      const some = letters.slice(at, at + AT_ONCE);
      await send(some);
      await log.note(some);
    }
  } finally {
    await close();
  }
}

const openSender = (
  node: SourceNode,
  project: string,
): Promise<{ send: Send; close: () => Promise<void> }> =>
  node.connector.kind === 'topic_log' ? toTopicLog(node, project) : toKafka(node);

async function toKafka({
  connector,
}: SourceNode): Promise<{ send: Send; close: () => Promise<void> }> {
  const { topic } = connector.config as { readonly topic: string };
  const { connection } = connector;
  if (connection === null) {
    throw new EngineError('ENG_INVARIANT', 'engine bug: a source of Kafka has no connection');
  }
  const { TopicWriter } = await import('../io/kafka/topic-writer.ts');
  const { messageHeaders } = await import('../io/kafka/dead-letters.ts');
  const writer = new TopicWriter({
    ...{ connection, topic, clientId: 'engine-retry', signal: new AbortController().signal },
    onNotice: (text) => process.stderr.write(`${text}\n`),
  });
  await writer.open();
  return {
    close: () => writer.close(),
    async send(letters) {
      const [refused] = await writer.write(
        letters.map((letter) => ({
          ...{ partition: letter.partition, key: letter.key, value: letter.value },
          headers: messageHeaders(headersOf(letter)),
          ...(letter.timestamp === null ? {} : { timestamp: String(letter.timestamp) }),
        })),
      );
      if (refused === undefined) return;
      throw new EngineError('ENG_KAFKA_FAILED', `topic ${topic}: a record is ${refused.reason}`);
    },
  };
}

async function toTopicLog(
  { connector }: SourceNode,
  project: string,
): Promise<{ send: Send; close: () => Promise<void> }> {
  const { topic } = connector.config as { readonly topic: string };
  const { openTopic } = await import('../io/embedded/topic-writer.ts');
  const writer = await openTopic(join(project, '.engine'), topic);
  return {
    close: () => writer.close(),
    async send(letters) {
      const byPartition = Map.groupBy(letters, ({ partition }) => partition);
      for (const [partition, some] of byPartition) {
        const records = some.map((letter) => ({
          ...{ timestamp: letter.timestamp ?? 0, key: letter.key, value: letter.value },
          headers: headersOf(letter),
        }));
        await writer.append(partition, records);
      }
    },
  };
}
