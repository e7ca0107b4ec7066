/**
 * The engine's own Kafka source over a group and a log in memory, on the virtual clock: positions,
 * pauses, rebalances and commits are the engine's, kafkajs and the broker are played. What the source
 * may not say is seen to at its port.
 */
import { Observable } from 'rxjs';
import type { Frame, Positions, ResumePoint, SourceEvent } from '../../engine/graph/ports.ts';
import type { GroupHandlers } from '../../engine/io/kafka/kafka-port.ts';
import { TopicSource } from '../../engine/io/kafka/topic-source.ts';
import type { BrokerWorld, SimulatedSource } from './broker.ts';
import { GroupReader } from './group-reader.ts';
import { type Group, OTHER } from './group.ts';
import { Polled } from './polled.ts';
import { TopicLog } from './topic-log.ts';
import { timesOf } from './topic.ts';

/** Its world, and the group that it is a member of. */
export interface GroupSourceWorld extends BrokerWorld {
  readonly group: Group;
  /** Of which life it is. */
  readonly life: number;
}

/** No process has such an id: the readers of earlier lives are dead. */
const NO_PROCESS = 2 ** 30;

/** The source of one life. */
export class GroupSource implements SimulatedSource {
  readonly maxFrameBytes = 1 << 12;
  readonly actor: string;
  /** Next offset to be given on, by partition. */
  readonly next: number[];
  hasEnded = false;
  readonly #world: GroupSourceWorld;
  readonly #source: TopicSource;
  readonly #polled: Polled;
  #reader: GroupReader | null = null;
  /** Partitions that were not its own when it last joined, and those of them that it knows of. */
  #others: readonly number[] = [];
  #missing: readonly number[] = [];
  #hasNamed = true;
  #complete: () => void = () => undefined;

  constructor(world: GroupSourceWorld) {
    this.#world = world;
    const { topic, group, agenda, random, now, life } = world;
    this.actor = `source ${topic.name}`;
    this.next = [...topic.starts];
    this.#polled = new Polled(now);
    const kafka = {
      client: new TopicLog({ topic, group, agenda, random }),
      clock: {
        now,
        pause: (_: number, signal: AbortSignal): Promise<void> =>
          signal.aborted ? Promise.reject(new Error('closed')) : agenda.turn(this.actor),
      },
      clientId: `engine-simulation-${NO_PROCESS + life}`,
      maxFrameBytes: this.maxFrameBytes,
      member: (handlers: GroupHandlers) => this.#member(handlers),
    };
    const { signal } = new AbortController();
    const context = { signal, onNotice: () => undefined };
    this.#source = new TopicSource({ group: 'simulation', start: 'earliest' }, kafka, context);
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    for (const [partition, { nextOffset }] of start) this.next[partition] = nextOffset;
    return new Observable<SourceEvent>((subscriber) => {
      this.#complete = () => subscriber.complete();
      return this.#source.open(start).subscribe({
        next: (event) => {
          this.#see(event);
          subscriber.next(event);
        },
        error: (error: unknown) => subscriber.error(error),
      });
    });
  }

  /** Members notice that the topic has another partition, and join anew. */
  lookForPartitions(): void {
    if (this.next.length < this.#world.topic.logs.length) this.#world.group.change();
  }

  pause(partitions?: readonly number[]): void {
    this.#polled.interrupt(partitions ?? this.next.keys());
    this.#source.pause(partitions);
  }

  resume(partitions?: readonly number[]): void {
    this.#polled.interrupt(partitions ?? this.next.keys());
    this.#source.resume(partitions);
  }

  async reread(partition: number, first: number, next: number): Promise<Frame> {
    return this.#source.reread(partition, first, next);
  }

  async commit(positions: Positions): Promise<void> {
    const { topic, breaches } = this.#world;
    breaches.push(...topic.commitFaults(positions));
    await this.#source.commit(positions);
  }

  memory(): unknown {
    return this.#world.memory?.save();
  }

  restore(memory: unknown): void {
    this.#world.memory?.restore(memory);
  }

  async identity(): Promise<string> {
    return this.#source.identity();
  }

  async ends(): Promise<Positions> {
    return this.#source.ends();
  }

  get hasMore(): boolean {
    return !this.hasEnded && this.#reader?.isBusy === true;
  }

  get isRead(): boolean {
    const { topic } = this.#world;
    return topic.logs.every((_, p) => (this.next[p] ?? topic.starts[p]) === topic.lengthOf(p));
  }

  end(): void {
    this.hasEnded = true;
    this.#complete();
  }

  fetch(): void {
    const { broken, stuck } = this.#world;
    const { actor } = this;
    if (this.hasEnded || stuck.has(actor)) return;
    if (broken.has(actor)) this.#reader?.breakOff(new Error(`${actor} is broken`));
    else this.#reader?.poll();
  }

  cut(): void {
    if (!this.hasEnded) this.#reader?.breakOff(new Error('the connection was cut'));
  }

  settled(): void {
    this.#missing = this.#others;
    if (this.#hasNamed || this.hasEnded) return;
    this.#hasNamed = true;
    this.#world.breaches.push(`${this.actor} does not say who holds ${this.#missingText} (R8)`);
  }

  #member(handlers: GroupHandlers): GroupReader {
    const { topic, group, agenda, random, broken, life } = this.#world;
    this.#reader = new GroupReader(
      {
        ...{ topic, group, agenda, random, broken, actor: this.actor },
        clientId: `engine-simulation-${NO_PROCESS + life}`,
        given: (partition) => this.next[partition] ?? Infinity,
        onJoin: (partitions) => this.#joined(partitions),
        onAnswer: (partition, isEnd) => this.#polled.answer(partition, isEnd),
      },
      handlers,
    );
    return this.#reader;
  }

  #joined(partitions: readonly number[]): void {
    const { topic } = this.#world;
    // Of one that was added and given to somebody else it hears a moment later.
    const others = [...topic.logs.keys()].filter((each) => !partitions.includes(each));
    this.#missing = others.filter((each) => each < this.next.length);
    this.#others = others;
    this.#hasNamed = others.length === 0;
    this.#polled.interrupt(this.next.keys());
  }

  /** What leaves the port, in that order. */
  #see(event: SourceEvent): void {
    switch (event.kind) {
      case 'frame':
        for (const slice of event.frame.slices) this.#seeRecords(slice);
        return;
      case 'empty':
        this.#seeEmpty(event.partition, event.polledMs);
        return;
      case 'partitions':
        this.#world.idle.addUpTo(Math.max(...event.partitions) + 1);
        for (const [partition, next] of event.starts ?? []) this.next[partition] = next;
        return;
      case 'notice':
        if (this.#others.every((each) => event.text.includes(String(each)))) {
          this.#hasNamed ||= event.text.includes(OTHER);
        }
        return;
      case 'ends':
    }
  }

  #seeRecords({ partition, firstOffset, nextOffset }: Frame['slices'][number]): void {
    const { topic, idle, breaches } = this.#world;
    this.#expectAll(`records of partition ${partition} came`);
    const expected = this.next[partition];
    if (firstOffset !== expected) {
      breaches.push(`partition ${partition} went on at ${firstOffset} instead of ${expected}`);
    }
    this.next[partition] = nextOffset;
    this.#polled.records(partition);
    idle.records(partition, timesOf(topic.logs[partition]?.slice(firstOffset, nextOffset)));
  }

  #seeEmpty(partition: number, polledMs: number): void {
    const { idle, breaches } = this.#world;
    this.#expectAll(`partition ${partition} was polled`);
    if (!this.#polled.tell(partition, polledMs)) {
      breaches.push(`partition ${partition} was polled for ${polledMs} ms, which is too long (T5)`);
    }
    idle.empty(partition, polledMs);
  }

  #expectAll(what: string): void {
    if (this.#missing.length === 0) return;
    this.#world.breaches.push(`${what} while others held ${this.#missingText} (R8)`);
  }

  get #missingText(): string {
    return `${this.#missing.join(', ')} of ${this.#world.topic.name}`;
  }
}
