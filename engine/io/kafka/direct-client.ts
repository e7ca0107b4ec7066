import { EngineError } from '../../errors.ts';
import { clientConfig, isPlain, isType, retry } from './client.ts';
import type { KafkaConnection } from './client.ts';
import { framedSocket } from './framed-socket.ts';
import type { DirectFetch, GroupMember, OffsetQuery, TopicClient } from './kafka-port.ts';
import { within } from './patience.ts';
import { abortedOf, privateKafkajs } from './seams.ts';
import type { RawBroker, RawCluster } from './seams.ts';

const READ_COMMITTED = 1;
const EARLIEST = -2;
const LATEST = -1;
const FETCH_WAIT_MS = 500;
const METADATA_AGE_MS = 30_000;
const CLOSE_LIMIT_MS = 5_000;
const TOPIC_RESOURCE = 2;

/**
 * Questions about one topic and one-off reads, outside any consumer group: on kafkajs' low-level
 * client, with its own connections. Each call is one attempt; after a failure the next call connects
 * anew. Connects at the first call.
 */
export class DirectClient implements TopicClient {
  readonly topic: string;
  readonly connection: KafkaConnection;
  readonly #clientId: string;
  #cluster: Promise<RawCluster> | null = null;

  constructor(connection: KafkaConnection, topic: string, clientId: string) {
    this.connection = connection;
    this.topic = topic;
    this.#clientId = clientId;
  }

  /** The topic's partitions now, in ascending order; none when there is no such topic. */
  async partitions(): Promise<number[]> {
    return this.#with(async (cluster) => {
      if (!(await this.#target(cluster, 'anew'))) return [];
      const found = cluster.findTopicPartitionMetadata(this.topic);
      return found.map((each) => each.partitionId).sort((a, b) => a - b);
    });
  }

  /** Offsets by partition. `high` is the last stable offset: open transactions are beyond it. */
  async offsets(at: OffsetQuery): Promise<Map<number, number>> {
    const { topic } = this;
    const fromTimestamp = at === 'low' ? EARLIEST : at === 'high' ? LATEST : at;
    return this.#with(async (cluster) => {
      await this.#target(cluster);
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map((each) => ({ partition: each.partitionId }));
      const [found] = await cluster.fetchTopicsOffset([{ topic, partitions, fromTimestamp }]);
      const sorted = (found?.partitions ?? []).sort((a, b) => a.partition - b.partition);
      return new Map(sorted.map((each) => [each.partition, Number(each.offset)]));
    });
  }

  /** One fetch from `offset`, at least one whole batch when there is one. */
  async fetch(partition: number, offset: number, maxBytes: number): Promise<DirectFetch> {
    const { topic } = this;
    const wanted = { partition, fetchOffset: String(offset), maxBytes };
    return this.#with(async (cluster) => {
      await this.#target(cluster);
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
      if (nodeId === undefined) throw new Error(`partition ${partition} has no leader`);
      const broker = await cluster.findBroker({ nodeId });
      const { responses } = await broker.fetch({
        maxWaitTime: FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: [wanted] }],
      });
      const answer = responses[0]?.partitions[0];
      const fetched = answer?.messages[0];
      if (answer === undefined || fetched === undefined) throw new Error('an empty fetch response');
      const aborted = abortedOf(answer.abortedTransactions);
      return { bytes: fetched.value, aborted, highWatermark: Number(answer.highWatermark) };
    });
  }

  /** The committed offsets of a group; partitions without one are left out. */
  async committed(group: string, partitions: readonly number[]): Promise<Map<number, number>> {
    const wanted = partitions.map((partition) => ({ partition }));
    return this.#withCoordinator(group, async (broker) => {
      const topics = [{ topic: this.topic, partitions: wanted }];
      const { responses } = await broker.offsetFetch({ groupId: group, topics });
      const found = (responses[0]?.partitions ?? []).filter((each) => Number(each.offset) >= 0);
      return new Map(found.map((each) => [each.partition, Number(each.offset)]));
    });
  }

  /** Commits offsets from outside the group, which the broker allows while it has no members. */
  async commit(group: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...positions].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
    }));
    await this.#withCoordinator(group, async (broker) => {
      await broker.offsetCommit({
        groupId: group,
        groupGenerationId: -1,
        memberId: '',
        topics: [{ topic: this.topic, partitions }],
      });
    });
  }

  /** The members of a group. */
  async members(group: string): Promise<readonly GroupMember[]> {
    return this.#withCoordinator(group, async (broker) => {
      const { groups } = await broker.describeGroups({ groupIds: [group] });
      return groups[0]?.members ?? [];
    });
  }

  /** Takes a member out of a group on its behalf: one that died without leaving. */
  async leave(group: string, memberId: string): Promise<void> {
    await this.#withCoordinator(group, async (broker) => {
      await broker.leaveGroup({ groupId: group, memberId });
    });
  }

  /** True when old records of the topic may be rewritten (`cleanup.policy` has `compact`). */
  async isCompacted(): Promise<boolean> {
    return this.#with(async (cluster) => {
      const broker = await cluster.findControllerBroker();
      const { resources } = await broker.describeConfigs({
        resources: [{ type: TOPIC_RESOURCE, name: this.topic, configNames: ['cleanup.policy'] }],
      });
      const entries = resources.flatMap((each) => each.configEntries);
      return entries.some((each) => each.configValue.includes('compact'));
    });
  }

  async clusterId(): Promise<string> {
    return this.#with(async (cluster) => {
      const broker = await cluster.findControllerBroker();
      return (await broker.metadata([])).clusterId;
    });
  }

  /** Closes the connections; a later call opens new ones. */
  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = null;
    if (cluster === null) return;
    try {
      await within(CLOSE_LIMIT_MS, 'closing took too long', disconnect(cluster));
    } catch {
      // A connection that does not close in time goes with the process.
    }
  }

  async #with<T>(work: (cluster: RawCluster) => Promise<T>): Promise<T> {
    this.#cluster ??= this.#connect();
    const cluster = this.#cluster;
    try {
      return await work(await cluster);
    } catch (error) {
      if (this.#cluster === cluster) this.#cluster = null;
      disconnect(cluster).catch(() => undefined);
      throw error;
    }
  }

  async #withCoordinator<T>(group: string, work: (broker: RawBroker) => Promise<T>): Promise<T> {
    return this.#with(async (cluster) =>
      work(await cluster.findGroupCoordinator({ groupId: group })),
    );
  }

  async #connect(): Promise<RawCluster> {
    const { Kafka, Cluster, stockSocket } = privateKafkajs();
    const config = clientConfig(this.connection, this.#clientId);
    const cluster = new Cluster({
      ...config,
      retry: { ...retry, retries: 1 },
      logger: new Kafka(config).logger(),
      socketFactory: isPlain(this.connection) ? framedSocket : stockSocket(),
      metadataMaxAge: METADATA_AGE_MS,
      allowAutoTopicCreation: false,
      isolationLevel: READ_COMMITTED,
    });
    await cluster.connect();
    await cluster.refreshMetadata();
    return cluster;
  }

  /** Makes the cluster know the topic's partitions; false when there is no such topic. */
  async #target(cluster: RawCluster, ask?: 'anew'): Promise<boolean> {
    try {
      await cluster.addTargetTopic(this.topic);
      if (ask === 'anew') await cluster.refreshMetadata();
      else await cluster.refreshMetadataIfNecessary();
      return true;
    } catch (error) {
      if (isType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return false;
      throw error;
    }
  }
}

const disconnect = async (cluster: Promise<RawCluster>): Promise<void> =>
  (await cluster).disconnect();

/** The error for records that are no longer, or not yet, in the log. */
export const goneError = (topic: string, partition: number, text: string): EngineError =>
  new EngineError('ENG_SOURCE_GAP', `partition ${partition} of topic ${topic}: ${text}`, {
    context: { topic, partition },
  });
