/**
 * What the simulation notes for the oracle while a life goes on, since no log tells it: windows that
 * idleness closed, and the watermarks that partitions began with. It lies in snapshots, as the memory
 * of the first source: so it is known which of it a crash took back.
 */
import type { SourceClock } from '../../engine/core/time/watermark.ts';
import type { SourceRuntime } from '../../engine/graph/source-flow.ts';
import type { WindowRuntime } from '../../engine/graph/window-flow.ts';
import { IdleClock, type IdleState } from '../oracles/idle-clock.ts';
import { JointClock, type JointState } from '../oracles/joint-clock.ts';
import { type ForcedClosing, type StreamRules, sourcesUnder } from '../oracles/stream.ts';
import type { Durable } from './durable.ts';
import type { Topic } from './topic.ts';

/** What lies in snapshots. */
interface Memory {
  readonly closings: readonly ForcedClosing[];
  readonly joint: JointState;
  readonly sources: readonly {
    readonly idle: IdleState;
    readonly positions: readonly number[];
    readonly known: readonly (readonly [partition: number, floor: number | null])[];
  }[];
}

/** One source as it is seen. */
interface Seen {
  readonly topic: Topic;
  readonly outOfOrderMs: number;
  readonly idle: IdleClock;
  /** Partitions that its clock knows, with the watermark that those added later started at, ms. */
  readonly known: Map<number, number>;
  runtime: SourceRuntime | null;
}

/** The notes of one life. */
export class Witness {
  #closings: readonly ForcedClosing[] = [];
  readonly #rules: StreamRules;
  readonly #durable: Durable;
  readonly #sources: readonly Seen[];
  readonly #joint: JointClock;

  constructor(rules: StreamRules, durable: Durable) {
    this.#rules = rules;
    this.#durable = durable;
    this.#joint = new JointClock(
      rules.sources.map(({ outOfOrder, idle }) => ({
        ...{ outOfOrder: outOfOrder * 1000, idle: idle * 1000 },
      })),
    );
    this.#sources = rules.sources.map(({ outOfOrder, idle }, i): Seen => {
      const topic = durable.topics[i] as Topic;
      const outOfOrderMs = outOfOrder * 1000;
      const times = { outOfOrder: outOfOrderMs, idle: idle * 1000 };
      const clock = new IdleClock(topic.logs.length, times);
      return { topic, outOfOrderMs, idle: clock, known: new Map(), runtime: null };
    });
  }

  /** Windows that idleness closed so far, as the newest snapshot knows them and since. */
  get closings(): readonly ForcedClosing[] {
    return this.#closings;
  }

  /** By source: watermark by partition that was added later, seconds. */
  get floors(): ReadonlyMap<number, number>[] {
    return this.#sources.map(
      ({ known }) => new Map(Array.from(known, ([p, floor]) => [p, floor / 1000])),
    );
  }

  /** To be told of every fetch of a source. */
  idleOf(source: number): IdleClock {
    return (this.#sources[source] as Seen).idle;
  }

  /** Next offset of every partition by source: what has been merged. */
  get positions(): number[][] {
    return this.#sources.map(({ topic, runtime }) =>
      topic.logs.map((_, p) => runtime?.positions.get(p)?.nextOffset ?? topic.starts[p] ?? 0),
    );
  }

  /** Notes what the sources' clocks are told, and at what watermark partitions are added. */
  watch(runtimes: readonly SourceRuntime[]): void {
    for (const [source, seen] of this.#sources.entries()) {
      const runtime = runtimes[source] as SourceRuntime;
      seen.runtime = runtime;
      this.#listen(source, seen, runtime.clock);
    }
  }

  /** Idleness condemns windows: noted before the snapshot that has to hold it. */
  condemned(windows: readonly WindowRuntime[]): void {
    const known = this.#closings;
    const { positions } = this;
    const found = windows.flatMap(({ node, store }): ForcedClosing[] => {
      const frontier = store.forcedFrontier / 1000;
      const isKnown = known.some((each) => each.stage === node.name && each.frontier >= frontier);
      return isKnown || frontier === -Infinity ? [] : [{ stage: node.name, frontier, positions }];
    });
    this.#closings = [...known, ...found];
    for (const { stage, frontier } of found) {
      const most = this.#mostOf(stage) / 1000;
      if (frontier <= most) continue;
      this.#durable.breaches.push(`${stage} closed up to ${frontier}, T5 allows ${most}`);
    }
  }

  /** What a snapshot keeps. */
  save(): Memory {
    const { positions } = this;
    const sources = this.#sources.map(({ idle, known }, i) => ({
      idle: idle.save(),
      positions: positions[i] as number[],
      known: Array.from(known, ([p, floor]) => [p, Number.isFinite(floor) ? floor : null] as const),
    }));
    return { closings: this.#closings, joint: this.#joint.save(), sources };
  }

  /** Takes back what `save` gave. */
  restore(saved: unknown): void {
    const { closings, joint, sources } = saved as Memory;
    this.#closings = closings;
    this.#joint.restore(joint);
    for (const [i, { idle, positions, known }] of sources.entries()) {
      const seen = this.#sources[i] as Seen;
      for (const [p, floor] of known) seen.known.set(p, floor ?? -Infinity);
      const maxima = positions.map((next, p) =>
        Math.max(
          (seen.known.get(p) ?? -Infinity) + seen.outOfOrderMs,
          ...seen.topic.timesBefore(p, next),
        ),
      );
      seen.idle.restore(idle, maxima);
    }
  }

  /** The furthest that idleness may have closed a stage, ms. */
  #mostOf(stage: string): number {
    const window = this.#rules.windows.find((each) => each.stage === stage);
    const sources = window === undefined ? [] : sourcesUnder(window, this.#rules);
    const [first = 0, ...others] = sources;
    return others.length === 0 ? this.idleOf(first).watermark : this.#joint.watermark;
  }

  #listen(source: number, seen: Seen, clock: SourceClock): void {
    const addPartitions = clock.addPartitions.bind(clock);
    const observe = clock.observe.bind(clock);
    const empty = clock.empty.bind(clock);
    const end = clock.end.bind(clock);
    const joint = this.#joint;
    clock.addPartitions = (partitions, filling) => {
      const floor = clock.watermark();
      this.#noteAdded(seen, partitions, floor);
      joint.add(source, partitions, floor);
      addPartitions(partitions, filling);
      this.#checkStarts(seen, clock);
    };
    clock.observe = (partition, greatest) => {
      observe(partition, greatest);
      joint.records(source, partition, greatest);
    };
    clock.empty = (partition, polledMs) => {
      empty(partition, polledMs);
      joint.empty(source, partition, polledMs);
    };
    clock.end = (partition) => {
      joint.end(source);
      end(partition);
    };
  }

  /** What workers are told of a partition is never before where it started. */
  #checkStarts({ known, outOfOrderMs }: Seen, clock: SourceClock): void {
    for (const [partition, floor] of known) {
      if (clock.maxOf(partition) >= floor + outOfOrderMs) continue;
      this.#durable.breaches.push(`partition ${partition} does not start at ${floor} (T4)`);
    }
  }

  #noteAdded({ known, idle }: Seen, partitions: readonly number[], floor: number): void {
    for (const each of partitions) {
      if (known.has(each)) continue;
      known.set(each, floor);
      if (floor <= idle.watermark) continue;
      this.#durable.breaches.push(
        `partition ${each} starts at ${floor}, T4 allows ${idle.watermark}`,
      );
    }
  }
}
