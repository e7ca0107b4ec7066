/** The topics that commands look into: those of a broker, else those kept in the project (K3). */
import { relative } from 'node:path';
import { engineDirectory } from '../../infra/servers/layout.ts';
import { keptTopicEnds, keptTopics, readKeptTopic } from '../io/embedded/kept-topics.ts';
import { type PartitionEnds, type TopicSummary, listTopics, topicEnds } from '../io/kafka/admin.ts';
import { type TopicRange, type TopicRecord, readTopic } from '../io/kafka/topic-reader.ts';
import { type BrokerFlags, brokersOf, configuredBrokers } from './kafka-brokers.ts';

/** Topics, wherever they are. */
export interface TopicView {
  /** Where they are, for people. */
  readonly place: string;
  list(): Promise<readonly TopicSummary[]>;
  /** Ends by partition; rejects, naming like topics, when there is no such topic. */
  ends(topic: string): Promise<ReadonlyMap<number, PartitionEnds>>;
  /** Calls `onRecord` in order per partition until it returns false or the range ends. */
  read(range: TopicRange, onRecord: (record: TopicRecord) => boolean): Promise<void>;
}

/**
 * The view of the configured brokers, or of the project's own topics where there is none. Throws
 * EngineError ENG_KAFKA_CONNECT when neither is there.
 */
export async function topicViewOf(flags: BrokerFlags): Promise<TopicView> {
  const directory = engineDirectory(process.cwd());
  if (configuredBrokers(flags) === undefined && (await keptTopics(directory)).length > 0) {
    return {
      place: relative(process.cwd(), `${directory}/topics`),
      list: () => keptTopics(directory),
      ends: (topic) => keptTopicEnds(directory, topic),
      read: (range, onRecord) => readKeptTopic(directory, range, onRecord),
    };
  }
  const connection = brokersOf(flags);
  return {
    place: connection.addresses.join(', '),
    list: () => listTopics(connection),
    ends: (topic) => topicEnds(connection, topic),
    read: (range, onRecord) => readTopic(connection, range, onRecord),
  };
}
