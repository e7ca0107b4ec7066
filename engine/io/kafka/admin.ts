/** Questions to a broker and topic creation, through the stock kafkajs. */
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { suggest } from '../../core/suggest.ts';
import { EngineError } from '../../errors.ts';
import { clientConfig, isType, kafkaError } from './client.ts';
import type { KafkaConnection } from './client.ts';

const CLIENT_ID = 'engine-admin';
/** What brokers say of a topic that others know already. */
const NOT_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];
const LEADER_LOOKS = 100;
const LEADER_LOOK_EVERY_MS = 100;

/** A topic and what it holds. Offsets are by partition, ascending. */
export interface TopicSummary {
  readonly name: string;
  readonly partitions: number;
  /** Sum of high − low: what is retained, compaction aside. */
  readonly records: number;
}

/** The ends of a partition, and how far a group is. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
  /** Null where the group has committed nothing. */
  readonly committed: number | null;
  readonly lag: number | null;
}

/** A topic to be created. */
export interface NewTopic {
  readonly topic: string;
  /** The broker's default when absent. */
  readonly partitions?: number;
  /** `retention.ms`; −1 keeps records for ever, the broker's default when absent. */
  readonly retentionMs?: number;
}

/** Runs `work` with a connected admin client. Throws EngineError ENG_KAFKA_CONNECT or ENG_KAFKA_FAILED. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  doing: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka(clientConfig(connection, CLIENT_ID)).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw kafkaError(error, doing, connection);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Creates a topic; false when it exists already. Replicated as the broker's default says. */
export async function createTopic(connection: KafkaConnection, wanted: NewTopic): Promise<boolean> {
  const { topic, partitions = -1, retentionMs } = wanted;
  const retention = { name: 'retention.ms', value: String(retentionMs) };
  return withAdmin(connection, `creating topic ${topic}`, async (admin) => {
    if ((await admin.listTopics()).includes(topic)) return false;
    try {
      const created = await admin.createTopics({
        // Its own wait gives up when a broker has not heard of the topic yet.
        waitForLeaders: false,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: -1,
            configEntries: retentionMs === undefined ? [] : [retention],
          },
        ],
      });
      await awaitLeaders(admin, topic);
      return created;
    } catch (error) {
      if (isType(error, 'TOPIC_ALREADY_EXISTS')) return false;
      throw error;
    }
  });
}

/** Resolves when every partition of a new topic can be written to. */
async function awaitLeaders(admin: Admin, topic: string): Promise<void> {
  for (let looks = 0; looks < LEADER_LOOKS; looks++) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (!NOT_YET.some((type) => isType(error, type))) throw error;
      await pause(LEADER_LOOK_EVERY_MS);
    }
  }
}

/** The topics of a cluster by name; those beginning with `__` are Kafka's own and left out. */
export async function listTopics(connection: KafkaConnection): Promise<readonly TopicSummary[]> {
  return withAdmin(connection, 'listing topics', async (admin) => {
    const names = (await admin.listTopics()).filter((name) => !name.startsWith('__')).sort();
    return Promise.all(
      names.map(async (name) => {
        const ends = await admin.fetchTopicOffsets(name);
        const records = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
        return { name, partitions: ends.length, records };
      }),
    );
  });
}

/** The ends of a partition's log: `low` is the first offset, `high` the one that comes next. */
export interface PartitionEnds {
  readonly low: number;
  readonly high: number;
}

/** Ends by partition. Throws EngineError ENG_KAFKA_FAILED, naming like topics, when it is missing. */
export async function topicEnds(
  connection: KafkaConnection,
  topic: string,
): Promise<ReadonlyMap<number, PartitionEnds>> {
  return withAdmin(connection, `reading the ends of topic ${topic}`, (admin) =>
    endsOf(admin, topic, connection),
  );
}

async function endsOf(
  admin: Admin,
  topic: string,
  connection: KafkaConnection,
): Promise<Map<number, PartitionEnds>> {
  const names = await admin.listTopics();
  if (!names.includes(topic)) throw missingTopic(topic, names, connection);
  const ends = await admin.fetchTopicOffsets(topic);
  return new Map(
    ends
      .sort((a, b) => a.partition - b.partition)
      .map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}

function missingTopic(
  topic: string,
  names: readonly string[],
  connection: KafkaConnection,
): EngineError {
  const like = suggest(
    topic,
    names.filter((name) => !name.startsWith('__')),
  );
  const hint = like === null ? 'see what there is with `engine topics`' : `did you mean ${like}?`;
  return new EngineError(
    'ENG_KAFKA_FAILED',
    `there is no topic ${topic} on ${connection.addresses.join(', ')}: ${hint}`,
    { context: { topic } },
  );
}

/** How far a group has read a topic, by partition. */
export async function groupOffsets(
  connection: KafkaConnection,
  group: string,
  topic: string,
): Promise<readonly PartitionOffsets[]> {
  return withAdmin(connection, `reading offsets of group ${group}`, async (admin) => {
    const ends = await endsOf(admin, topic, connection);
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const committed = new Map(
      (found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]),
    );
    return [...ends].map(([partition, { low, high }]) => {
      const at = committed.get(partition) ?? -1;
      if (at < 0) return { partition, low, high, committed: null, lag: null };
      return { partition, low, high, committed: at, lag: high - at };
    });
  });
}
