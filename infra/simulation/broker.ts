/** A source over logs in memory, without a group: fetches of any size when the scheduler says so, on the virtual clock. */
import { Observable } from 'rxjs';
import type { Frame, ResumePoint, SourceEvent, SourcePort } from '../../engine/graph/ports.ts';
import type { IdleClock } from '../oracles/idle-clock.ts';
import type { Agenda } from './agenda.ts';
import { type Topic, timesOf } from './topic.ts';

/** What a source needs of its world. */
export interface BrokerWorld {
  readonly topic: Topic;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** Virtual time, ms. */
  readonly now: () => number;
  /** Kept in snapshots for whoever looks at them later. */
  readonly memory: { save(): unknown; restore(saved: unknown): void } | null;
  /** Told of every fetch. */
  readonly idle: IdleClock;
  /** Told of what must never happen. */
  readonly breaches: string[];
  readonly broken: ReadonlySet<string>;
  readonly stuck: ReadonlySet<string>;
}

/** A source as a life drives it. */
export interface SimulatedSource extends SourcePort {
  /** The actor it is in schedules. */
  readonly actor: string;
  /** Next offset by partition. */
  readonly next: readonly number[];
  /** It was told to stop, or has been read to its end and said so. */
  hasEnded: boolean;
  /** Whether asking it could bring anything. */
  readonly hasMore: boolean;
  /** Whether everything that was produced has been read. */
  readonly isRead: boolean;
  /** Takes notice of partitions that were added. */
  lookForPartitions(): void;
  /** One thing happens: records, or the news that there are none. */
  fetch(): void;
  /** Its connection breaks, for once. */
  cut(): void;
  /** All that waits for nothing has happened. */
  settled(): void;
  /** A bounded source says that it has ended. */
  end(): void;
}

/** Records of one partition. */
interface Range {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** Of one partition in a fetch. */
const MOST_BATCHES = 4;

/** The source of one life. */
export class Broker implements SimulatedSource {
  readonly maxFrameBytes = 1 << 12;
  readonly actor: string;
  /** Next offset to be fetched, by partition. */
  readonly next: number[];
  hasEnded = false;
  readonly #world: BrokerWorld;
  readonly #paused = new Set<number>();
  /** When each partition was last fetched or resumed. */
  readonly #asked: number[];
  #fail: ((error: Error) => void) | null = null;
  #emit: ((event: SourceEvent | null) => void) | null = null;

  constructor(world: BrokerWorld) {
    this.#world = world;
    this.actor = `source ${world.topic.name}`;
    this.next = [...world.topic.starts];
    this.#asked = this.next.map(() => world.now());
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return new Observable<SourceEvent>((subscriber) => {
      for (const [partition, { nextOffset }] of start) this.next[partition] = nextOffset;
      this.#emit = (event) => {
        if (event === null) subscriber.complete();
        else subscriber.next(event);
      };
      this.#fail = (error) => subscriber.error(error);
      const fresh = [...this.next.entries()].filter(([partition]) => !start.has(partition));
      this.#tellPartitions(fresh);
      const ends = new Map(this.#world.topic.logs.map(({ length }, p) => [p, length]));
      subscriber.next({ kind: 'ends', ends });
    });
  }

  lookForPartitions(): void {
    const { topic, now } = this.#world;
    const added = topic.starts.slice(this.next.length);
    if (added.length === 0) return;
    const starts = added.map((start, i) => [this.next.length + i, start] as const);
    this.next.push(...added);
    this.#asked.push(...added.map(() => now()));
    this.#tellPartitions(starts);
  }

  pause(partitions: readonly number[] = [...this.next.keys()]): void {
    for (const each of partitions) this.#paused.add(each);
  }

  resume(partitions: readonly number[] = [...this.next.keys()]): void {
    for (const each of partitions) {
      if (this.#paused.delete(each)) this.#asked[each] = this.#world.now();
    }
  }

  async reread(partition: number, first: number, next: number): Promise<Frame> {
    await this.#world.agenda.turn('reread');
    return this.#frame([{ partition, first, next }]);
  }

  async commit(positions: ReadonlyMap<number, number>): Promise<void> {
    const { topic, breaches } = this.#world;
    breaches.push(...topic.commitFaults(positions));
  }

  memory(): unknown {
    return this.#world.memory?.save();
  }

  restore(memory: unknown): void {
    this.#world.memory?.restore(memory);
  }

  async identity(): Promise<string> {
    return `simulation of ${this.#world.topic.name}`;
  }

  async ends(): Promise<ReadonlyMap<number, number>> {
    return new Map(this.#world.topic.logs.map(({ length }, partition) => [partition, length]));
  }

  get hasMore(): boolean {
    if (this.hasEnded) return false;
    return this.next.some((next, p) => !this.#paused.has(p) && next < this.#lengthOf(p));
  }

  get isRead(): boolean {
    return this.next.every((next, partition) => next === this.#lengthOf(partition));
  }

  cut(): void {
    // It has none.
  }

  settled(): void {
    // What it says it says at once.
  }

  end(): void {
    this.hasEnded = true;
    this.#emit?.(null);
  }

  /** Fetches: some batches of some partitions, else the news that there are none. */
  fetch(): void {
    const { random, now, broken, stuck, idle, topic } = this.#world;
    const { actor } = this;
    if (broken.has(actor)) this.#fail?.(new Error(`${actor} is broken`));
    if (this.hasEnded || broken.has(actor) || stuck.has(actor)) return;
    const open = [...this.next.keys()].filter((partition) => !this.#paused.has(partition));
    const ranges = open.flatMap((partition): Range[] => {
      const first = this.next[partition] as number;
      const ends = topic.endsAfter(partition, first).slice(0, MOST_BATCHES);
      const next = ends[Math.floor(random() * (ends.length + 1)) - 1];
      return next === undefined ? [] : [{ partition, first, next }];
    });
    for (const { partition, first, next } of ranges) {
      this.next[partition] = next;
      this.#asked[partition] = now();
      idle.records(partition, timesOf(topic.logs[partition]?.slice(first, next)));
    }
    if (ranges.length > 0) {
      this.#emit?.({ kind: 'frame', frame: this.#frame(ranges) });
      return;
    }
    const quiet = open.filter((partition) => this.next[partition] === this.#lengthOf(partition));
    const partition = quiet[Math.floor(random() * quiet.length)];
    if (partition === undefined) return;
    const polledMs = now() - (this.#asked[partition] as number);
    this.#asked[partition] = now();
    idle.empty(partition, polledMs);
    this.#emit?.({ kind: 'empty', partition, end: this.#lengthOf(partition), polledMs });
  }

  #lengthOf(partition: number): number {
    return this.#world.topic.lengthOf(partition);
  }

  #tellPartitions(starts: Iterable<readonly [partition: number, next: number]>): void {
    const partitions = [...this.next.keys()];
    this.#world.idle.addUpTo(partitions.length);
    this.#emit?.({ kind: 'partitions', partitions, starts: new Map(starts) });
  }

  #frame(ranges: readonly Range[]): Frame {
    const pieces: Uint8Array[] = [];
    let start = 0;
    const slices = ranges.map(({ partition, first, next }) => {
      const batches = this.#bytesOf({ partition, first, next });
      const length = batches.reduce((sum, each) => sum + each.length, 0);
      pieces.push(...batches);
      start += length;
      const place = { partition, start: start - length, length };
      return { ...place, firstOffset: first, nextOffset: next };
    });
    const bytes = new Uint8Array(start);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { buffer: bytes.buffer, slices };
  }

  #bytesOf({ partition, first, next }: Range): readonly Uint8Array[] {
    return this.#world.topic.bytesOf(partition, first, next);
  }
}
