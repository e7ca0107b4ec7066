/**
 * One subscription of a Kafka source, from opening to closing:
 *
 *   opening ──▶ joining ──▶ reading ⇄ held (another member has partitions, R8)
 *      │           ▲  └──────────┴──▶ broken: wait, check the log, join anew
 *      └──▶ failed (ENG_…)      closed from everywhere
 *
 * kafkajs' offsets are never trusted: the position book says what comes next, each joining seeks to
 * it, and a fetch from elsewhere is dropped and looked into.
 */
import type { OnDataLoss, ResumePoint, SourceEvent } from '../../graph/ports.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { isBug, isFatal, kafkaError } from './client.ts';
import type { FlowGate } from './flow-gate.ts';
import { Delivery } from './delivery.ts';
import { EndTracker } from './end-tracker.ts';
import type { GroupFetch, GroupMembership, KafkaPort } from './kafka-port.ts';
import { endMembership, missingNotice, removeGhosts } from './membership.ts';
import { patiently } from './patience.ts';
import { PollClock } from './poll-clock.ts';
import { PositionBook } from './position-book.ts';
import { differences, lossError, startPositions } from './start-positions.ts';
import type { StartAt } from './start-positions.ts';
import { requireTopic } from './topic.ts';
import { Trouble } from './trouble.ts';

/** What a reading needs. `emit` and `fail` are the subscriber's. */
export interface ReadingOptions {
  readonly kafka: KafkaPort;
  readonly group: string;
  readonly start: StartAt;
  readonly onDataLoss: OnDataLoss;
  readonly points: ReadonlyMap<number, ResumePoint>;
  /** What is paused; the source changes it through `pause` and `resume`. */
  readonly gate: FlowGate;
  readonly signal: AbortSignal;
  readonly emit: (event: SourceEvent) => void;
  readonly fail: (error: Error) => void;
}

const OPEN_LIMIT_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** Short memberships that may end by a bug, before the run does. */
const MOST_BUGS = 3;

/** The life of one subscription. `run` is called once. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #gate: FlowGate;
  readonly #clock = new PollClock();
  readonly #delivery: Delivery;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #book = new PositionBook(new Map());
  #member: GroupMembership | null = null;
  #memberId: string | null = null;
  /** Partitions that are ours in the group now. */
  #assigned: readonly number[] = [];
  readonly #ends = new EndTracker((ends) => this.#emit({ kind: 'ends', ends }));
  readonly #trouble: Trouble;
  readonly #notice = (text: string): void => this.#emit({ kind: 'notice', text });
  #bugs = 0;
  #isChecking = false;
  #isOpen = false;
  #closing: Promise<void> | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#gate = options.gate;
    this.#delivery = new Delivery({
      gate: options.gate,
      emit: (frame) => this.#emit({ kind: 'frame', frame }),
      partitions: () => this.#book.partitions,
      fetcher: () => this.#member,
    });
    this.#trouble = new Trouble(`reading topic ${options.kafka.client.topic}`, this.#notice);
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    options.signal.addEventListener('abort', () => void this.close(), {
      once: true,
      signal: this.#stop.signal,
    });
  }

  /** Reads until closed or failed. Never rejects. */
  async run(): Promise<void> {
    const { clock } = this.#options.kafka;
    try {
      await this.#open();
      for (let failures = 0; !this.#signal.aborted; failures++) {
        const begun = clock.now();
        await this.#consume();
        if (clock.now() - begun > LONGEST_WAIT_MS) failures = this.#bugs = 0;
        await clock.pause(Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS), this.#signal);
        await this.#afterOutage();
      }
    } catch (error) {
      if (!this.#signal.aborted) this.#fail(error);
    }
  }

  /** The gate was closed for these partitions, or for all. */
  paused(partitions?: readonly number[]): void {
    this.#delivery.paused(partitions);
  }

  /** The gate was opened for these partitions, or for all. */
  resumed(partitions: readonly number[] = this.#book.partitions): void {
    for (const partition of partitions) this.#clock.interrupt(partition);
    this.#delivery.release();
  }

  /** The partitions known by now. */
  get partitions(): readonly number[] {
    return this.#book.partitions;
  }

  /**
   * Commits as a member, of the partitions that are ours; false when there is no membership to commit
   * with. What another member holds is for that one to commit.
   */
  async commit(positions: ReadonlyMap<number, number>): Promise<boolean> {
    if (this.#member === null || this.#memberId === null) return false;
    const ours = [...positions].filter(([partition]) => this.#assigned.includes(partition));
    if (ours.length > 0) await this.#member.commit(new Map(ours));
    return true;
  }

  /** Leaves the group; resolves when it has. Nothing is emitted afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#stop.abort();
    this.#delivery.clear();
    const member = this.#member;
    this.#member = null;
    await member?.close();
  }

  async #open(): Promise<void> {
    const { kafka, group } = this.#options;
    const { client, clientId } = kafka;
    await this.#patiently('opening', () => requireTopic(client, this.#signal, this.#notice));
    const start = await this.#patiently('finding the start', () =>
      startPositions(client, { ...this.#options, onNotice: this.#notice }),
    );
    this.#book = new PositionBook(start);
    this.#tellPartitions(
      [...start].filter(([p, next]) => this.#options.points.get(p)?.nextOffset !== next),
    );
    const ends = await this.#patiently('reading the ends', () => client.offsets('high'));
    this.#ends.set(ends, kafka.clock.now());
    await removeGhosts(client, group, clientId);
    this.#isOpen = true;
  }

  /** Gives up soon while opening (the address may be wrong), never afterwards. */
  async #patiently<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { connection, topic } = this.#options.kafka.client;
    return patiently(work, {
      connection,
      doing: `${doing} topic ${topic}`,
      signal: this.#signal,
      onNotice: this.#notice,
      ...(this.#isOpen ? {} : { limitMs: OPEN_LIMIT_MS }),
    });
  }

  /** One membership, from joining to its end; throws when it is no use to join again. */
  async #consume(): Promise<void> {
    const { kafka } = this.#options;
    const { topic } = kafka.client;
    const member = kafka.member(
      {
        onFetch: (fetch) => this.#onFetch(fetch),
        onJoin: (assigned, memberId) => this.#onJoin(assigned, memberId),
        onTrouble: (text) => this.#trouble.met(text, kafka.clock.now()),
      },
      this.#book.partitions.length,
    );
    this.#member = member;
    const error = await member.run();
    if (this.#member === member) this.#member = null;
    if (error === null) return;
    if (isFatal(error)) throw error;
    if (isBug(error) && ++this.#bugs > MOST_BUGS) {
      const message = `engine bug: reading topic ${topic}: ${error.message}`;
      throw new EngineError('ENG_INVARIANT', message, { cause: error });
    }
    this.#notice(`reading topic ${topic} broke off: ${messageOf(error)}; joining anew`);
  }

  /** Before joining anew: is the log still the one we read, and is our old membership gone? */
  async #afterOutage(): Promise<void> {
    const { kafka, group, onDataLoss } = this.#options;
    const { client } = kafka;
    const memberId = this.#memberId;
    this.#memberId = null;
    for (const partition of this.#book.partitions) this.#clock.interrupt(partition);
    await this.#patiently('reading', () => requireTopic(client, this.#signal, this.#notice));
    if (memberId !== null) await endMembership(client, group, memberId);
    const points = this.#book.points();
    const options = { group, start: 'earliest' as const, points, onDataLoss };
    const positions = await this.#patiently('checking', () =>
      startPositions(client, { ...options, onNotice: this.#notice }),
    );
    this.#move(positions);
  }

  /** Goes on elsewhere, where records are gone and the user said to. */
  #move(positions: Iterable<readonly [partition: number, next: number]>): void {
    const moved = [...positions].filter(([p, next]) => this.#book.next(p) !== next);
    if (moved.length === 0) return;
    for (const [partition, next] of moved) this.#book.set(partition, next);
    this.#delivery.handOver(new Set(moved.map(([partition]) => partition)));
    this.#tellPartitions(moved);
  }

  #tellPartitions(starts: Iterable<readonly [partition: number, next: number]>): void {
    const { partitions } = this.#book;
    this.#emit({ kind: 'partitions', partitions, starts: new Map(starts) });
  }

  #onJoin(assigned: readonly number[], memberId: string): void {
    this.#memberId = memberId;
    this.#assigned = assigned;
    // They are numbered without gaps: below one that is ours there may be others' that are new, too.
    this.#addUpTo(Math.max(-1, ...assigned));
    for (const partition of this.#book.partitions) {
      this.#clock.interrupt(partition);
      const next = this.#book.next(partition);
      if (next !== undefined) this.#member?.seek(partition, next);
    }
    this.#holdWithout(memberId);
    void this.#lookForMore(memberId);
  }

  /** Partitions that nobody has told of are new: they are read from their beginning. */
  #addUpTo(last: number): void {
    const all = Array.from({ length: last + 1 }, (_, partition) => partition);
    const added = all.filter((partition) => this.#book.next(partition) === undefined);
    this.#move(added.map((partition) => [partition, 0]));
  }

  /** Pauses while a partition is not ours, and says whose it is (R8). */
  #holdWithout(memberId: string): void {
    const missing = this.#book.partitions.filter((each) => !this.#assigned.includes(each));
    if (missing.length === 0 && this.#gate.isHeld) {
      this.#notice(
        `all partitions of topic ${this.#options.kafka.client.topic} are ours again: going on`,
      );
    }
    this.#gate.hold(missing.length > 0);
    this.#delivery.release();
    if (missing.length > 0) void this.#nameOthers(missing, memberId);
  }

  /** Where the topic has grown, another member may have been given all that is new. */
  async #lookForMore(memberId: string): Promise<void> {
    const assigned = this.#assigned;
    // A broker that is away is the member's to report; joining anew looks again.
    const all = await this.#options.kafka.client.partitions().catch(() => []);
    const isOver = this.#signal.aborted || this.#assigned !== assigned;
    if (isOver || all.every((each) => this.#book.next(each) !== undefined)) return;
    this.#addUpTo(Math.max(...all));
    this.#holdWithout(memberId);
  }

  async #nameOthers(missing: readonly number[], memberId: string): Promise<void> {
    const { kafka, group } = this.#options;
    this.#notice(await missingNotice(kafka.client, group, missing, memberId));
  }

  #onFetch(fetch: GroupFetch): void {
    const { partition, bytes } = fetch;
    if (this.#signal.aborted || !this.#delivery.wants(partition, bytes)) {
      this.#clock.interrupt(partition);
      return;
    }
    const taken = this.#book.take(fetch);
    if (taken.kind === 'moved') {
      this.#clock.interrupt(partition);
      void this.#checkMoved();
      return;
    }
    // Before anything that may fail: what the book has given out is never fetched again.
    if (taken.kind === 'data') this.#delivery.add(partition, bytes, taken.cuts);
    const now = this.#options.kafka.clock.now();
    const isReached = taken.kind === 'nothing' && taken.expected >= fetch.highWatermark;
    this.#trouble.over();
    this.#ends.note(partition, fetch.highWatermark, { now, isReached });
    if (taken.kind === 'data') {
      this.#clock.data(partition, now);
      fetch.accept(taken.nextOffset);
    } else if (isReached && this.#gate.isOpen(partition)) {
      const polledMs = this.#clock.empty(partition, now);
      const end = taken.expected;
      if (polledMs !== null) this.#emit({ kind: 'empty', partition, end, polledMs });
    }
  }

  /** kafkajs was at another offset: did the log lose ours, or was it only moved? */
  async #checkMoved(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      const { kafka, onDataLoss } = this.#options;
      const { client } = kafka;
      const low = await client.offsets('low');
      const high = await client.offsets('high');
      const found = differences(this.#book.points(), { low, high, headers: new Map() });
      if (found.length > 0 && onDataLoss === 'stop') throw lossError(client.topic, found);
      for (const { text, position } of found) {
        this.#notice(`topic ${client.topic}, ${text}; going on at ${position} as told`);
      }
      this.#move(found.map(({ partition, position }) => [partition, position]));
      for (const partition of this.#book.partitions) {
        this.#member?.seek(partition, this.#book.next(partition) ?? 0);
      }
    } catch (error) {
      // An unreachable broker is the consumer's to report; the next fetch asks again.
      if (isFatal(error)) this.#fail(error);
    } finally {
      this.#isChecking = false;
    }
  }

  #emit(event: SourceEvent): void {
    if (!this.#signal.aborted) this.#options.emit(event);
  }

  #fail(error: unknown): void {
    if (this.#signal.aborted) return;
    const { kafka, fail } = this.#options;
    const { client } = kafka;
    const failure = kafkaError(error, `reading topic ${client.topic}`, client.connection);
    void this.close();
    fail(failure);
  }
}
