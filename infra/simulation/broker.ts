/** A source over logs in memory: fetches of any size when the scheduler says so, on the virtual clock. */
import { Observable } from 'rxjs';
import type { Frame, ResumePoint, SourceEvent, SourcePort } from '../../engine/graph/ports.ts';
import type { IdleClock } from '../oracles/idle-clock.ts';
import type { StreamRecord } from '../oracles/stream.ts';
import type { Agenda } from './agenda.ts';
import type { Durable } from './durable.ts';

/** What a source needs of its world. */
export interface BrokerWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** Virtual time, ms. */
  readonly now: () => number;
  /** Kept in snapshots for whoever looks at them later. */
  readonly memory: { save(): unknown; restore(saved: unknown): void };
  /** Told of every fetch. */
  readonly idle: IdleClock;
  readonly broken: ReadonlySet<string>;
  readonly stuck: ReadonlySet<string>;
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
export class Broker implements SourcePort {
  readonly maxFrameBytes = 1 << 12;
  /** Next offset to be fetched, by partition. */
  readonly next: number[];
  readonly #world: BrokerWorld;
  readonly #paused = new Set<number>();
  /** When each partition was last fetched or resumed. */
  readonly #asked: number[];
  #fail: ((error: Error) => void) | null = null;
  #emit: ((event: SourceEvent | null) => void) | null = null;

  constructor(world: BrokerWorld) {
    this.#world = world;
    this.next = world.durable.logs.map(() => 0);
    this.#asked = world.durable.logs.map(() => world.now());
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return new Observable<SourceEvent>((subscriber) => {
      for (const [partition, { nextOffset }] of start) this.next[partition] = nextOffset;
      this.#emit = (event) => {
        if (event === null) subscriber.complete();
        else subscriber.next(event);
      };
      this.#fail = (error) => subscriber.error(error);
      this.lookForPartitions();
    });
  }

  /** Takes notice of partitions that were added. */
  lookForPartitions(): void {
    const { durable, now, idle } = this.#world;
    while (this.next.length < durable.logs.length) {
      this.next.push(0);
      this.#asked.push(now());
    }
    idle.addUpTo(this.next.length);
    this.#emit?.({ kind: 'partitions', partitions: [...this.next.keys()] });
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
    const { positions: durable, breaches } = this.#world.durable;
    for (const [partition, next] of positions) {
      const most = durable.get(partition) ?? 0;
      if (next > most)
        breaches.push(`committed ${next} of partition ${partition}, durable ${most}`);
    }
  }

  memory(): unknown {
    return this.#world.memory.save();
  }

  restore(memory: unknown): void {
    this.#world.memory.restore(memory);
  }

  async identity(): Promise<string> {
    return 'simulation';
  }

  async ends(): Promise<ReadonlyMap<number, number>> {
    return new Map(this.#world.durable.logs.map(({ length }, partition) => [partition, length]));
  }

  /** Whether a fetch of some partition could bring records. */
  get hasMore(): boolean {
    return this.next.some((next, p) => !this.#paused.has(p) && next < this.#lengthOf(p));
  }

  /** Whether everything that was produced has been fetched. */
  get isRead(): boolean {
    return this.next.every((next, partition) => next === this.#lengthOf(partition));
  }

  /** A bounded source says that it has ended. */
  end(): void {
    this.#emit?.(null);
  }

  /** Fetches: some batches of some partitions, else the news that there are none. */
  fetch(): void {
    const { random, now, broken, stuck, idle } = this.#world;
    if (broken.has('source')) this.#fail?.(new Error('source is broken'));
    if (broken.has('source') || stuck.has('source')) return;
    const open = [...this.next.keys()].filter((partition) => !this.#paused.has(partition));
    const ranges = open.flatMap((partition): Range[] => {
      const first = this.next[partition] as number;
      const ends = this.#world.durable.endsAfter(partition, first).slice(0, MOST_BATCHES);
      const next = ends[Math.floor(random() * (ends.length + 1)) - 1];
      return next === undefined ? [] : [{ partition, first, next }];
    });
    for (const { partition, first, next } of ranges) {
      this.next[partition] = next;
      this.#asked[partition] = now();
      idle.records(partition, timesOf(this.#world.durable.logs[partition]?.slice(first, next)));
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
    return this.#world.durable.logs[partition]?.length ?? 0;
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
    return this.#world.durable.bytesOf(partition, first, next);
  }
}

/** Event times that move the watermark (T2), ms. */
export const timesOf = (records: readonly StreamRecord[] = []): number[] =>
  records.flatMap(({ kind, t }) => (kind === 'good' ? [t * 1000] : []));
