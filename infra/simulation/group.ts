/**
 * The consumer group that reads a topic, as its coordinator knows it (R8): it outlives crashes. Beside
 * the reader of the pipeline there is another member, which comes, holds some partitions, commits what
 * it likes, and goes.
 */
import type { GroupMember } from '../../engine/io/kafka/kafka-port.ts';
import { type GroupCounts, noCounts } from './group-counts.ts';
import type { Topic } from './topic.ts';

/** What a member is given when it joins. */
export interface Assignment {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

/** How the other member is called. */
export const OTHER = 'somebody-else';

/** The group of one topic. */
export class Group {
  readonly counts: GroupCounts = noCounts();
  readonly #topic: Topic;
  readonly #breaches: string[];
  /** Readers of the pipeline with what they hold: at most one that lives, and those that have not left. */
  readonly #readers = new Map<string, { clientId: string; holds: readonly number[] }>();
  readonly #committed = new Map<number, number>();
  #other: ReadonlySet<number> = new Set();
  #generation = 0;
  #joined = 0;

  constructor(topic: Topic, breaches: string[]) {
    this.#topic = topic;
    this.#breaches = breaches;
  }

  /** Another member takes partitions; `random` picks what it commits. */
  take(partitions: readonly number[], random: () => number): void {
    this.#other = new Set([...this.#other, ...partitions]);
    for (const partition of partitions) {
      const most = this.#topic.lengthOf(partition);
      this.#committed.set(partition, Math.floor(random() * (most + 1)));
    }
    this.change();
  }

  /** The other member leaves; false when there is none. */
  giveBack(): boolean {
    if (this.#other.size === 0) return false;
    this.#other = new Set();
    this.change();
    return true;
  }

  /** Members have to join anew: one comes or goes, or the topic has another partition. */
  change(): void {
    this.#generation++;
  }

  /** The coordinator has not heard of the reader for too long. */
  expel(): void {
    this.#readers.clear();
    this.change();
  }

  /** A reader joins, by the id it had if it is still a member; the others' partitions are not for it. */
  join(memberId: string | null, clientId: string): Assignment {
    if (memberId !== null) this.#readers.delete(memberId);
    const taken = new Set([...this.#readers.values()].flatMap(({ holds }) => holds));
    const partitions = [...this.#topic.logs.keys()].filter(
      (each) => !this.#other.has(each) && !taken.has(each),
    );
    const id = memberId ?? `reader-${this.#joined++}`;
    this.#readers.set(id, { clientId, holds: partitions });
    this.change();
    return { memberId: id, generation: this.#generation, partitions };
  }

  /** What a heartbeat of a reader is answered. */
  heartbeat(memberId: string, generation: number): 'well' | 'rebalance' | 'unknown' {
    if (!this.#readers.has(memberId)) return 'unknown';
    return generation === this.#generation ? 'well' : 'rebalance';
  }

  /** A member commits; throws what a broker answers. */
  commit(memberId: string, generation: number, positions: ReadonlyMap<number, number>): void {
    const state = this.heartbeat(memberId, generation);
    if (state === 'unknown') throw this.#refusal('UNKNOWN_MEMBER_ID');
    if (state === 'rebalance') throw this.#refusal('REBALANCE_IN_PROGRESS');
    for (const [partition, next] of positions) {
      this.#committed.set(partition, next);
      // The broker takes it: whose partition it is a member has to know itself.
      if (!this.#other.has(partition)) continue;
      this.#breaches.push(`committed ${next} of partition ${partition}, which ${OTHER} holds`);
    }
  }

  /** Somebody who is no member commits; throws while there is one. */
  commitOutside(positions: ReadonlyMap<number, number>): void {
    if (this.#readers.size > 0 || this.#other.size > 0) throw this.#refusal('UNKNOWN_MEMBER_ID');
    for (const [partition, next] of positions) this.#committed.set(partition, next);
  }

  /** The committed offset of a partition. */
  committed(partition: number): number | undefined {
    return this.#committed.get(partition);
  }

  /** A reader leaves, or is taken out. Throws when there is none. */
  leave(memberId: string): void {
    if (!this.#readers.delete(memberId)) throw refusal('UNKNOWN_MEMBER_ID');
    this.change();
  }

  /** All members. */
  get members(): GroupMember[] {
    const clientHost = '/127.0.0.1';
    const readers = Array.from(this.#readers, ([memberId, { clientId }]) => ({
      ...{ memberId, clientId, clientHost },
    }));
    const other = { memberId: OTHER, clientId: OTHER, clientHost };
    return this.#other.size > 0 ? [...readers, other] : readers;
  }

  #refusal(type: string): Error {
    this.counts.refused++;
    return refusal(type);
  }
}

/** An error as kafkajs gives it. */
const refusal = (type: string): Error => Object.assign(new Error(type), { type });
