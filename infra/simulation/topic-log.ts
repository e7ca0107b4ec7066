/** What a broker answers about a topic and its group, outside any membership. */
import type { KafkaConnection } from '../../engine/io/kafka/client.ts';
import type {
  DirectFetch,
  GroupMember,
  OffsetQuery,
  TopicClient,
} from '../../engine/io/kafka/kafka-port.ts';
import type { Agenda } from './agenda.ts';
import type { Group } from './group.ts';
import type { Topic } from './topic.ts';

/** What is asked. */
export interface LogWorld {
  readonly topic: Topic;
  readonly group: Group;
  readonly agenda: Agenda;
  readonly random: () => number;
}

/** Batches in one answer, at most. */
const MOST_BATCHES = 3;

/** A client of one topic; of what it asks only records take their time. */
export class TopicLog implements TopicClient {
  readonly topic: string;
  readonly connection: KafkaConnection = {
    ...{ name: 'kafka', kind: 'kafka', addresses: ['simulation:9092'], options: {} },
  };
  readonly #world: LogWorld;

  constructor(world: LogWorld) {
    this.#world = world;
    this.topic = world.topic.name;
  }

  async partitions(): Promise<number[]> {
    return [...this.#world.topic.logs.keys()];
  }

  async offsets(at: OffsetQuery): Promise<Map<number, number>> {
    const { topic } = this.#world;
    const of = (partition: number): number =>
      at === 'low' ? (topic.starts[partition] ?? 0) : topic.lengthOf(partition);
    return new Map(topic.logs.map((_, partition) => [partition, of(partition)]));
  }

  async fetch(partition: number, offset: number, maxBytes: number): Promise<DirectFetch> {
    const { topic, agenda, random } = this.#world;
    await agenda.turn('reread');
    const most = maxBytes === 1 ? 1 : 1 + Math.floor(random() * MOST_BATCHES);
    const bytes = Buffer.concat(topic.batchesFrom(partition, offset).slice(0, most));
    return { bytes, aborted: [], highWatermark: topic.lengthOf(partition) };
  }

  async committed(_: string, partitions: readonly number[]): Promise<Map<number, number>> {
    const { group } = this.#world;
    return new Map(
      partitions.flatMap((partition) => {
        const offset = group.committed(partition);
        return offset === undefined ? [] : [[partition, offset] as const];
      }),
    );
  }

  async commit(_: string, positions: ReadonlyMap<number, number>): Promise<void> {
    await this.#world.agenda.turn('coordinator');
    this.#world.group.commitOutside(positions);
  }

  async members(): Promise<readonly GroupMember[]> {
    return this.#world.group.members;
  }

  async leave(_: string, memberId: string): Promise<void> {
    this.#world.group.leave(memberId);
  }

  async isCompacted(): Promise<boolean> {
    return false;
  }

  async clusterId(): Promise<string> {
    return 'simulation';
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
