/** Topics without a broker, to look into: what `engine topics` and `engine tail` show of them (K3). */
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { suggest } from '../../core/suggest.ts';
import { EngineError } from '../../errors.ts';
import type { PartitionEnds, TopicSummary } from '../kafka/admin.ts';
import type { TopicRange, TopicRecord } from '../kafka/topic-reader.ts';
import { PARTITIONS } from './partitioner.ts';
import { endOf } from './topic-follower.ts';
import { LOG_START, listTopics, readTopic, topicExists, topicPath } from './topic-log.ts';

/** How often a topic is looked at for records to come, ms. */
const LOOK_EVERY_MS = 250;

/** The topics there are. `directory` is the engine's, `.engine`. */
export async function keptTopics(directory: string): Promise<TopicSummary[]> {
  const topics = listTopics(directory).map(async (name): Promise<TopicSummary> => {
    const ends = await keptTopicEnds(directory, name);
    const records = [...ends.values()].reduce((sum, { high }) => sum + high, 0);
    return { name, partitions: ends.size, records };
  });
  return Promise.all(topics);
}

/** Ends by partition. Throws EngineError ENG_FILE_READ, naming a like topic, when there is none. */
export async function keptTopicEnds(
  directory: string,
  topic: string,
): Promise<ReadonlyMap<number, PartitionEnds>> {
  if (!topicExists(directory, topic)) throw missing(directory, topic);
  const ends = new Map<number, PartitionEnds>();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const file = await open(topicPath(directory, topic, partition), 'r');
    try {
      ends.set(partition, { low: 0, high: (await endOf(file, LOG_START)).offset });
    } finally {
      await file.close();
    }
  }
  return ends;
}

/**
 * Reads a range of a topic, in order per partition, until `onRecord` returns false or the range ends.
 * One without an end is read on as the topic grows.
 */
export async function readKeptTopic(
  directory: string,
  { topic, from, until }: TopicRange,
  onRecord: (record: TopicRecord) => boolean,
): Promise<void> {
  const next = new Map(from);
  for (;;) {
    for await (const record of readTopic(directory, topic, next)) {
      const { partition, offset } = record;
      if (until !== null && offset >= (until.get(partition) ?? 0)) continue;
      next.set(partition, offset + 1);
      if (!onRecord(record)) return;
    }
    if (until !== null) return;
    await pause(LOOK_EVERY_MS);
  }
}

function missing(directory: string, topic: string): EngineError {
  const like = suggest(topic, listTopics(directory));
  const hint = like === null ? 'see what there is with `engine topics`' : `did you mean ${like}?`;
  return new EngineError('ENG_FILE_READ', `there is no topic ${topic} in ${directory}: ${hint}`);
}
