/**
 * The reader's side of a group, as kafkajs plays it: one response under way for each broker, offsets
 * that go back to what is committed at each rebalance, seeks that the next fetch takes, and responses
 * that come when the group is another one already.
 */
import type { GroupHandlers, GroupMembership } from '../../engine/io/kafka/kafka-port.ts';
import type { Agenda } from './agenda.ts';
import type { Group } from './group.ts';
import { type Asked, responseTo } from './responses.ts';
import type { Topic } from './topic.ts';

/** What a reader needs of its world. */
export interface ReaderWorld {
  readonly topic: Topic;
  readonly group: Group;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** The actor it is in schedules. */
  readonly actor: string;
  readonly clientId: string;
  readonly broken: ReadonlySet<string>;
  /** Offset behind the records of a partition that the engine has given on. */
  readonly given: (partition: number) => number;
  /** Told before the engine is: partitions after joining. */
  readonly onJoin: (partitions: readonly number[]) => void;
  /** Told before the engine is: what came of a partition; `isEnd` when its end was reached. */
  readonly onAnswer: (partition: number, isEnd: boolean) => void;
}

/** Brokers that lead the partitions in turn. */
const BROKERS = 2;
/** How likely a late response is what comes next. */
const LATE_SHARE = 0.25;
/** Polls until a heartbeat tells that the group has changed. */
const MOST_POLLS = 12;

/** One membership. */
export class GroupReader implements GroupMembership {
  readonly #world: ReaderWorld;
  readonly #handlers: GroupHandlers;
  readonly #ended: Promise<Error | null>;
  #end: (error: Error | null) => void = () => undefined;
  #isOver = false;
  #id: string | null = null;
  #generation = -1;
  #assigned: readonly number[] = [];
  readonly #next = new Map<number, number>();
  readonly #accepted = new Map<number, number>();
  readonly #seeks = new Map<number, number>();
  readonly #paused = new Set<number>();
  /** Under way, by broker. */
  readonly #asked = new Map<number, readonly Asked[]>();
  /** Under way since an older generation. */
  #late: (readonly Asked[])[] = [];
  #hasFetched = false;
  #isBreaking = false;
  #pollsToHeartbeat = 1;

  constructor(world: ReaderWorld, handlers: GroupHandlers) {
    this.#world = world;
    this.#handlers = handlers;
    this.#ended = new Promise((resolve) => {
      this.#end = (error) => {
        this.#isOver = true;
        resolve(error);
      };
    });
  }

  async run(): Promise<Error | null> {
    const { agenda, actor, broken } = this.#world;
    await agenda.turn(actor);
    if (broken.has(actor)) this.#end(new Error(`${actor} is broken`));
    if (!this.#isOver) this.#join();
    return this.#ended;
  }

  seek(partition: number, offset: number): void {
    if (this.#id !== null) this.#seeks.set(partition, offset);
  }

  pause(partitions: readonly number[]): void {
    if (this.#id === null) return;
    for (const each of partitions) this.#paused.add(each);
  }

  resume(partitions: readonly number[]): void {
    if (this.#id === null) return;
    for (const each of partitions) this.#paused.delete(each);
  }

  async commit(positions: ReadonlyMap<number, number>): Promise<void> {
    const { agenda, group } = this.#world;
    if (this.#id === null || !this.#hasFetched)
      throw new Error('the group has not been joined yet');
    // Those of the moment it is sent.
    const [id, generation] = [this.#id, this.#generation];
    await agenda.turn('coordinator');
    group.commit(id, generation, positions);
  }

  async close(): Promise<void> {
    const isMember = this.#id !== null && !this.#isOver;
    this.#end(null);
    const { group } = this.#world;
    if (isMember && group.heartbeat(this.#id as string, this.#generation) !== 'unknown') {
      group.leave(this.#id as string);
    }
  }

  /** Whether anything can come of polling. */
  get isBusy(): boolean {
    if (this.#id === null || this.#isOver) return false;
    if (this.#late.length > 0 || this.#state() !== 'well') return true;
    const { topic } = this.#world;
    return this.#assigned.some((partition) => {
      const next = this.#seeks.get(partition) ?? this.#next.get(partition) ?? 0;
      return !this.#paused.has(partition) && next < topic.lengthOf(partition);
    });
  }

  /** One thing happens: a response comes, or a heartbeat tells that the group has changed. */
  poll(): void {
    if (this.#id === null || this.#isOver) return;
    const { random } = this.#world;
    const state = this.#state();
    if (state !== 'well' && (this.#hasKept || --this.#pollsToHeartbeat <= 0)) {
      this.#rejoin(state);
      return;
    }
    const late = random() < LATE_SHARE ? this.#late.shift() : undefined;
    if (late !== undefined) {
      this.#deliver(late, true);
      return;
    }
    const broker = Math.floor(random() * BROKERS);
    const asked = this.#asked.get(broker);
    if (asked !== undefined) this.#deliver(asked, false);
    this.#asked.set(broker, this.#ask(broker));
  }

  /** The connection breaks: before a response, or in the very call that accepts it. */
  breakOff(error: Error): void {
    if (this.#id === null || this.#isOver) return;
    this.#isBreaking = true;
    if (this.#world.random() < 0.5) this.poll();
    this.#world.group.counts.broken++;
    this.#end(error);
  }

  /** Whether records that it took wait in the engine: a rebalance shall find some. */
  get #hasKept(): boolean {
    return [...this.#accepted].some(([p, next]) => next > this.#world.given(p));
  }

  #state(): 'well' | 'rebalance' | 'unknown' {
    return this.#world.group.heartbeat(this.#id as string, this.#generation);
  }

  #rejoin(state: 'rebalance' | 'unknown'): void {
    const { group, random } = this.#world;
    for (const asked of this.#asked.values()) {
      if (asked.length > 0 && random() < 0.5) this.#late.push(asked);
    }
    this.#asked.clear();
    if (state === 'unknown') {
      group.counts.lost++;
      this.#id = null;
      // Where joining anew fails, too, the membership is over.
      if (random() < 0.5) {
        this.#end(new Error('the coordinator is not aware of this member'));
        return;
      }
    }
    group.counts.joined++;
    if (this.#hasKept) group.counts.kept++;
    this.#join();
  }

  #join(): void {
    const { group, topic, random, clientId, onJoin } = this.#world;
    const { memberId, generation, partitions } = group.join(this.#id, clientId);
    this.#id = memberId;
    this.#generation = generation;
    this.#assigned = partitions;
    this.#pollsToHeartbeat = random() < 0.5 ? 1 : MOST_POLLS;
    this.#next.clear();
    for (const each of partitions) {
      this.#next.set(each, group.committed(each) ?? topic.lengthOf(each));
    }
    if (partitions.length < topic.logs.length) group.counts.held++;
    onJoin(partitions);
    this.#guarded(() => this.#handlers.onJoin(partitions, memberId));
  }

  #ask(broker: number): Asked[] {
    const led = this.#assigned.filter((partition) => partition % BROKERS === broker);
    for (const partition of led) {
      const offset = this.#seeks.get(partition);
      this.#seeks.delete(partition);
      if (offset !== undefined) this.#next.set(partition, offset);
    }
    return led
      .filter((partition) => !this.#paused.has(partition))
      .map((partition) => ({ partition, offset: this.#next.get(partition) as number }));
  }

  /** Late ones are not kept back by seeks: the partition may be led by another broker by now. */
  #deliver(asked: readonly Asked[], isLate: boolean): void {
    const { topic, random, group } = this.#world;
    const wanted = asked.filter(
      ({ partition }) => !this.#paused.has(partition) && (isLate || !this.#seeks.has(partition)),
    );
    if (isLate && wanted.length > 0) group.counts.late++;
    const parts = responseTo(wanted, topic, random);
    this.#hasFetched = true;
    for (const [i, each] of wanted.entries()) {
      const bytes = parts[i] as Buffer;
      if (!this.#isOver) this.#guarded(() => this.#give(each, bytes, isLate));
    }
  }

  #give({ partition, offset }: Asked, bytes: Buffer, isLate: boolean): void {
    const { topic, onAnswer, group } = this.#world;
    const highWatermark = topic.lengthOf(partition);
    onAnswer(partition, bytes.length === 0 && offset === highWatermark);
    const now = this.#seeks.get(partition) ?? this.#next.get(partition);
    if (isLate && offset !== now) group.counts.stale++;
    this.#handlers.onFetch({
      ...{ partition, bytes, highWatermark, fetchedOffset: offset, aborted: [] },
      accept: (nextOffset) => {
        if (this.#isBreaking) throw new Error('the connection was closed');
        this.#next.set(partition, nextOffset);
        this.#accepted.set(partition, nextOffset);
      },
    });
  }

  /** A handler that throws ends the membership. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(error as Error);
    }
  }
}
