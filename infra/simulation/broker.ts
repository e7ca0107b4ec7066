/** A source over logs in memory: fetches of any size when the scheduler says so, on the virtual clock. */
import { Observable } from 'rxjs';
import type { Frame, ResumePoint, SourceEvent, SourcePort } from '../../engine/graph/ports.ts';
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
  readonly memory: { journal: unknown };
}

/** Records of one partition. */
interface Range {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

const MOST_RECORDS = 8;

/** The source of one life. */
export class Broker implements SourcePort {
  readonly maxFrameBytes = 1 << 12;
  /** Next offset to be fetched, by partition. */
  readonly next: number[];
  /** Positions as last committed. */
  committed: ReadonlyMap<number, number> = new Map();
  readonly #world: BrokerWorld;
  readonly #paused = new Set<number>();
  /** When each partition was last fetched or resumed. */
  readonly #asked: number[];
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
      subscriber.next({ kind: 'partitions', partitions: [...this.next.keys()] });
    });
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
    this.committed = positions;
  }

  memory(): unknown {
    return this.#world.memory.journal;
  }

  restore(memory: unknown): void {
    this.#world.memory.journal = memory;
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

  /** Fetches: some records of some partitions, else the news that there are none. */
  fetch(): void {
    const { random, now } = this.#world;
    const open = [...this.next.keys()].filter((partition) => !this.#paused.has(partition));
    const ranges = open.flatMap((partition): Range[] => {
      const first = this.next[partition] as number;
      const left = Math.min(this.#lengthOf(partition) - first, MOST_RECORDS);
      const take = Math.min(left, Math.floor(random() * (MOST_RECORDS + 1)));
      return take === 0 ? [] : [{ partition, first, next: first + take }];
    });
    for (const { partition, next } of ranges) {
      this.next[partition] = next;
      this.#asked[partition] = now();
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
    this.#emit?.({ kind: 'empty', partition, end: this.#lengthOf(partition), polledMs });
  }

  #lengthOf(partition: number): number {
    return this.#world.durable.logs[partition]?.length ?? 0;
  }

  #frame(ranges: readonly Range[]): Frame {
    const texts = ranges.map(({ partition, first, next }) =>
      encoder.encode(linesOf(this.#world.durable.logs[partition]?.slice(first, next) ?? [])),
    );
    const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + length, 0));
    let start = 0;
    const slices = ranges.map(({ partition, first, next }, i) => {
      const text = texts[i] as Uint8Array;
      bytes.set(text, start);
      const at = start;
      start += text.length;
      const place = { partition, start: at, length: text.length };
      return { ...place, firstOffset: first, nextOffset: next };
    });
    return { buffer: bytes.buffer, slices };
  }
}

const encoder = new TextEncoder();

const linesOf = (records: readonly StreamRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
