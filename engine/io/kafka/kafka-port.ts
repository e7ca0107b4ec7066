/**
 * What a source needs of Kafka. kafkajs is behind it (direct-client.ts, group-consumer.ts), or a
 * simulation: what it does when a group changes is the same either way.
 */
import type { KafkaConnection } from './client.ts';
import type { PartitionFetch } from './position-book.ts';
import type { AbortedTransaction } from './seams.ts';

/** What one fetch of one partition brought. */
export interface DirectFetch {
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
  readonly highWatermark: number;
}

/** Another reader in a consumer group, as the broker describes it. */
export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
}

/** Offsets to ask for: the ends of the log, or the first record at or after a time (epoch ms). */
export type OffsetQuery = 'low' | 'high' | number;

/** Questions about one topic and one-off reads, outside any consumer group; one attempt each. */
export interface TopicClient {
  readonly topic: string;
  readonly connection: KafkaConnection;
  /** The topic's partitions now, in ascending order; none when there is no such topic. */
  partitions(): Promise<number[]>;
  /** Offsets by partition. `high` is the last stable offset: open transactions are beyond it. */
  offsets(at: OffsetQuery): Promise<Map<number, number>>;
  /** One fetch from `offset`, at least one whole batch when there is one. */
  fetch(partition: number, offset: number, maxBytes: number): Promise<DirectFetch>;
  /** The committed offsets of a group; partitions without one are left out. */
  committed(group: string, partitions: readonly number[]): Promise<Map<number, number>>;
  /** Commits offsets from outside the group, which the broker allows while it has no members. */
  commit(group: string, positions: ReadonlyMap<number, number>): Promise<void>;
  /** The members of a group. */
  members(group: string): Promise<readonly GroupMember[]>;
  /** Takes a member out of a group on its behalf: one that died without leaving. */
  leave(group: string, memberId: string): Promise<void>;
  /** True when old records of the topic may be rewritten (`cleanup.policy` has `compact`). */
  isCompacted(): Promise<boolean>;
  clusterId(): Promise<string>;
  /** Closes the connections; a later call opens new ones. */
  close(): Promise<void>;
}

/** A fetch of one partition, delivered. What is not accepted will be fetched again. */
export interface GroupFetch extends PartitionFetch {
  readonly highWatermark: number;
  /** Moves the next fetch to `nextOffset`. */
  accept(nextOffset: number): void;
}

/** What a membership tells. All are called synchronously and must not throw. */
export interface GroupHandlers {
  onFetch(fetch: GroupFetch): void;
  /** Partitions assigned after joining; the next fetch comes after this returns. */
  onJoin(assigned: readonly number[], memberId: string): void;
  /** Errors that the client retries by itself. */
  onTrouble(text: string): void;
}

/**
 * One life of a group membership: it ends at the first crash, and never restarts by itself. Commits
 * nothing unless told. Until it has joined, seeks, pauses and resumes do nothing.
 */
export interface GroupMembership {
  /**
   * Joins the group and fetches until `close` (null) or until it breaks (the error). Never rejects.
   */
  run(): Promise<Error | null>;
  /** Moves the next fetch of a partition. */
  seek(partition: number, offset: number): void;
  /** Stops fetching these; what is in flight for them is dropped. */
  pause(partitions: readonly number[]): void;
  /** Fetches these again. */
  resume(partitions: readonly number[]): void;
  /** Commits offsets as a member, once; rejects when the group has changed meanwhile. */
  commit(positions: ReadonlyMap<number, number>): Promise<void>;
  /** Leaves the group; resolves when `run` has. */
  close(): Promise<void>;
}

/** Time as a source sees it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Rejects when `signal` aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** One topic on one cluster, and one group that reads it. */
export interface KafkaPort {
  readonly client: TopicClient;
  readonly clock: Clock;
  /** The name of this process's readers of the pipeline in the group. */
  readonly clientId: string;
  /** The most bytes one response may hold. */
  readonly maxFrameBytes: number;
  /** A membership that has not joined yet; `partitions` are known of the topic. */
  member(handlers: GroupHandlers, partitions: number): GroupMembership;
}
