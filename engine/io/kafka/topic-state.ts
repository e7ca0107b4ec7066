/** What a broker says of topics that a definition names. */
import type { ConfigResourceTypes } from 'kafkajs';
import { withAdmin } from './admin.ts';
import type { KafkaConnection } from './client.ts';

/** A topic that is there. */
export interface TopicState {
  readonly partitions: number;
  /** True where the timestamp of a record is what its producer says (`message.timestamp.type`). */
  readonly isStampedByProducers: boolean;
}

const STAMPS = 'message.timestamp.type';
/** As the protocol counts resources: kafkajs' own name for it cannot be imported from its CommonJS. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- see above
const TOPIC: ConfigResourceTypes = 2;

/**
 * The topics by name; null for one that is not there. `all` are the names of all topics. Throws EngineError
 * ENG_KAFKA_CONNECT or ENG_KAFKA_FAILED.
 */
export async function topicStates(
  connection: KafkaConnection,
  names: readonly string[],
): Promise<{ states: ReadonlyMap<string, TopicState | null>; all: readonly string[] }> {
  return withAdmin(connection, 'looking at topics', async (admin) => {
    const all = await admin.listTopics();
    const states = new Map<string, TopicState | null>();
    for (const name of new Set(names)) {
      if (!all.includes(name)) {
        states.set(name, null);
        continue;
      }
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC, name, configNames: [STAMPS] }],
      });
      const stamps = resources[0]?.configEntries.find(({ configName }) => configName === STAMPS);
      states.set(name, {
        partitions: topics[0]?.partitions.length ?? 0,
        isStampedByProducers: stamps?.configValue !== 'LogAppendTime',
      });
    }
    return { states, all };
  });
}
