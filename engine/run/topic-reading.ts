/** The topic of a connector, to look into: of a broker, or kept in the project (K3). */
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import type { PartitionEnds } from '../io/kafka/admin.ts';
import type { TopicRange, TopicRecord } from '../io/kafka/topic-reader.ts';
import type { Connector } from '../plan/planner.ts';

/** A topic. */
export interface TopicReading {
  readonly topic: string;
  /** Ends by partition; null when there is no such topic. */
  ends(): Promise<ReadonlyMap<number, PartitionEnds> | null>;
  /** Calls `onRecord` in order per partition until it returns false or the range ends. */
  read(range: Omit<TopicRange, 'topic'>, onRecord: (record: TopicRecord) => boolean): Promise<void>;
}

/** True for connectors of topics. */
export const isTopic = ({ kind }: Connector): boolean => kind === 'kafka' || kind === 'topic_log';

/** Opens the topic of a connector of kind `kafka` or `topic_log`; loads only the client it needs. */
export async function openTopicReading(
  { kind, config, connection }: Connector,
  project: string,
): Promise<TopicReading> {
  const { topic } = config as { readonly topic: string };
  if (kind === 'topic_log') {
    const log = await import('../io/embedded/kept-topics.ts');
    const directory = join(project, '.engine');
    return {
      topic,
      async ends() {
        const isThere = (await log.keptTopics(directory)).some(({ name }) => name === topic);
        return isThere ? log.keptTopicEnds(directory, topic) : null;
      },
      read: (range, onRecord) => log.readKeptTopic(directory, { topic, ...range }, onRecord),
    };
  }
  if (connection === null) {
    throw new EngineError('ENG_INVARIANT', `engine bug: topic ${topic} has no connection`);
  }
  const admin = await import('../io/kafka/admin.ts');
  const reader = await import('../io/kafka/topic-reader.ts');
  return {
    topic,
    async ends() {
      const isThere = (await admin.listTopics(connection)).some(({ name }) => name === topic);
      return isThere ? admin.topicEnds(connection, topic) : null;
    },
    read: (range, onRecord) => reader.readTopic(connection, { topic, ...range }, onRecord),
  };
}

/** All that a topic holds now; nothing when it is not there. */
export async function readWhole(
  reading: TopicReading,
  onRecord: (record: TopicRecord) => void,
): Promise<void> {
  const ends = await reading.ends();
  if (ends === null) return;
  const range = {
    from: new Map([...ends].map(([partition, { low }]) => [partition, low])),
    until: new Map([...ends].map(([partition, { high }]) => [partition, high])),
  };
  await reading.read(range, (record) => {
    onRecord(record);
    return true;
  });
}
