/** One life of the process, from the newest snapshot to a crash or a clean end. */
import { EMPTY, Subject, Subscription, concat, of } from 'rxjs';
import { Acknowledgements } from '../../engine/graph/acknowledgements.ts';
import { type GraphParts, buildGraph, provisionalRows } from '../../engine/graph/build.ts';
import { openLedger } from '../../engine/graph/credit.ts';
import { stopOn } from '../../engine/graph/operators/stop-on.ts';
import { openTally } from '../../engine/graph/tally.ts';
import type { SourceClock } from '../../engine/core/time/watermark.ts';
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import { Checkpointer } from '../../engine/run/checkpointer.ts';
import { openRuntimes } from '../../engine/run/parts.ts';
import { type SnapshotHeader, restoreState } from '../../engine/run/state.ts';
import { IdleClock, type IdleState } from '../oracles/idle-clock.ts';
import type { ForcedClosing } from '../oracles/stream.ts';
import { Agenda } from './agenda.ts';
import { Broker, timesOf } from './broker.ts';
import type { Durable } from './durable.ts';
import { type Pipeline, planOf } from './pipelines.ts';
import { Pool } from './pool.ts';
import { type SinkWorld, openLetters, openSink } from './sinks.ts';

/** What a life is given. */
export interface Setting {
  readonly pipeline: Pipeline;
  readonly durable: Durable;
  readonly random: () => number;
  /** Virtual time, ms; it goes on through all lives. */
  readonly clock: { nowMs: number };
  readonly workers: number;
  /** Sinks, `letters` or `disk` that refuse, and those of which nothing happens. */
  readonly broken: ReadonlySet<string>;
  readonly stuck: ReadonlySet<string>;
  /** How likely an actor's turn is taken when it is picked; 1 unless it is named. */
  readonly pace: ReadonlyMap<string, number>;
  /** Bytes under way at most. */
  readonly budgetBytes: number;
}

/** What lies in snapshots for the simulation. */
interface Memory {
  readonly closings: readonly ForcedClosing[];
  readonly idle: IdleState;
  readonly positions: readonly number[];
  readonly known: readonly (readonly [partition: number, floor: number | null])[];
}

const OUT_OF_ORDER_MS = 5000;
/** A fetch takes this long. */
const FETCH_MS = 5;

/** The running process. */
export class Life {
  readonly parts: GraphParts;
  readonly broker: Broker;
  readonly pool: Pool;
  readonly agenda = new Agenda();
  /** Windows that idleness closed so far, as the newest snapshot knows them and since. */
  #closings: readonly ForcedClosing[] = [];
  /** Partitions that the clock knows, with the watermark that those added later started at, ms. */
  #known = new Map<number, number>();
  readonly #idle: IdleClock;
  readonly #setting: Setting;
  readonly #underWay = new Set<() => void>();
  readonly #mode = { isProvisional: false };
  readonly #checkpointer: Checkpointer;
  readonly #stop$ = new Subject<null>();
  readonly #subscription = new Subscription();
  #checkpointMs: number;
  #isComplete = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(setting: Setting) {
    this.#setting = setting;
    const { pipeline, durable, random, clock, budgetBytes } = setting;
    const plan = planOf(pipeline, durable.framing);
    this.#checkpointMs = clock.nowMs + plan.checkpoint.everyMs;
    const world = { durable, agenda: this.agenda, random, now: () => clock.nowMs };
    const { broken, stuck } = setting;
    this.#idle = new IdleClock(durable.logs.length, { outOfOrder: OUT_OF_ORDER_MS, idle: 30_000 });
    const memory = { save: () => this.#save(), restore: (saved: unknown) => this.#restore(saved) };
    this.broker = new Broker({ ...world, memory, idle: this.#idle, broken, stuck });
    this.pool = new Pool(plan, setting.workers, world);
    const runtimes = openRuntimes(plan, [this.broker]);
    for (const { clock: watched } of runtimes.sources) this.#watch(watched);
    const { snapshot } = durable;
    const tally = snapshot === null ? openTally() : restoreState(runtimes, snapshot);
    const handles = (snapshot?.header as SnapshotHeader | undefined)?.handles ?? {};
    const acks = new Acknowledgements();
    const sinkWorld: SinkWorld = { ...world, broken, mode: this.#mode, underWay: this.#underWay };
    const sinks = pipeline.sinks.map((part) => openSink(part, handles[part.name], sinkWorld));
    const store = { write: (content: SnapshotContent) => this.#write(content) };
    const state = { ...runtimes, tally };
    this.#checkpointer = new Checkpointer({ plan, state, acks, sinks, store });
    this.parts = {
      plan,
      pool: this.pool,
      sources: runtimes.sources.map((source) => ({
        ...source,
        events$: concat(source.port.open(source.positions), of({ kind: 'finished' as const })).pipe(
          stopOn(this.#stop$, this.#subscription),
        ),
      })),
      windows: runtimes.windows,
      dedups: runtimes.dedups,
      sinks,
      deadLetters: openLetters(sinkWorld),
      ledger: openLedger(budgetBytes),
      acks,
      tally,
      durable: () => this.#forced(),
      ticks$: () => EMPTY,
      onLetters: () => undefined,
    };
  }

  /** Subscribes. */
  start(): Promise<void> {
    this.#subscription.add(
      buildGraph(this.parts).subscribe({
        error: (error: unknown) => this.#fail(error),
        complete: () => (this.#isComplete = true),
      }),
    );
    return this.#settle();
  }

  /** All rows of a stopped or ended source are acknowledged. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The source has ended or was told to stop. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What ended the run. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Windows that idleness closed, with what had been merged then. */
  get closings(): readonly ForcedClosing[] {
    return this.#closings;
  }

  /** Watermark by partition that was added later, seconds. */
  get floors(): ReadonlyMap<number, number> {
    return new Map(Array.from(this.#known, ([p, floor]) => [p, floor / 1000]));
  }

  /** Whether anything can happen without the clock. */
  get isBusy(): boolean {
    this.#stick();
    return this.agenda.ready.length > 0 || (!this.#hasEnded && this.broker.hasMore);
  }

  /** Lets one thing happen: an answer arrives, or the source is asked. */
  async step(): Promise<void> {
    this.#stick();
    const actors = [...this.agenda.ready, 'source'];
    let at = this.#pick(actors);
    // Slow actors are picked less often, never never.
    for (let tries = 0; tries < 5 && this.#isSlow(actors[at] ?? ''); tries++)
      at = this.#pick(actors);
    if (at < actors.length - 1) this.agenda.happen(at);
    else this.#fetch();
    await this.#settle();
  }

  /** Time goes on, without anything else happening; a fetch and a snapshot may be due. */
  async wait(ms: number): Promise<void> {
    this.#setting.clock.nowMs += ms;
    if (this.#setting.clock.nowMs >= this.#checkpointMs) this.tick();
    for (let i = this.broker.next.length; i > 0; i--) this.#fetch();
    await this.#settle();
  }

  /** Takes a snapshot unless one is under way. */
  tick(): void {
    this.#checkpointMs = this.#setting.clock.nowMs + this.parts.plan.checkpoint.everyMs;
    this.#checkpointer.tick().catch((error: unknown) => this.#fail(error));
  }

  /** Tells the source to stop, as Ctrl-C does. */
  stop(): void {
    this.#stop$.next(null);
    this.#hasEnded = true;
  }

  /** The source has been read to its end and says so (T7). */
  end(): void {
    this.broker.end();
    this.#hasEnded = true;
  }

  /** Takes the last snapshot, behind which nothing comes; true when it is there. */
  lastSnapshot(finished: boolean): { isTaken: boolean } {
    const last = { isTaken: false };
    this.#checkpointer.take(finished).then(
      () => (last.isTaken = true),
      (error: unknown) => this.#fail(error),
    );
    return last;
  }

  /** Writes the windows that are open as they are (R7), behind the last snapshot. */
  writeProvisional(): { isWritten: boolean } {
    const writing = { isWritten: false };
    this.#mode.isProvisional = true;
    this.#subscription.add(
      provisionalRows(this.parts).subscribe({
        error: (error: unknown) => this.#fail(error),
        complete: () => (writing.isWritten = true),
      }),
    );
    return writing;
  }

  /** The process is gone. Of the writes on their way some arrive nevertheless. */
  crash(): void {
    for (const arrive of this.#underWay) if (this.#setting.random() < 0.5) arrive();
    this.#underWay.clear();
  }

  #pick(actors: readonly string[]): number {
    return Math.floor(this.#setting.random() * actors.length);
  }

  #isSlow(actor: string): boolean {
    const { pace, random } = this.#setting;
    return random() >= (pace.get(actor) ?? 1);
  }

  #fetch(): void {
    if (this.#hasEnded) return;
    this.#setting.clock.nowMs += FETCH_MS;
    this.broker.fetch();
  }

  /** Notes at what watermark partitions are added. */
  #watch(clock: SourceClock): void {
    const addPartitions = clock.addPartitions.bind(clock);
    clock.addPartitions = (partitions, filling) => {
      const floor = clock.watermark();
      const most = this.#idle.watermark;
      for (const each of partitions) {
        if (this.#known.has(each)) continue;
        this.#known.set(each, floor);
        if (floor <= most) continue;
        this.#setting.durable.breaches.push(
          `partition ${each} starts at ${floor}, T4 allows ${most}`,
        );
      }
      addPartitions(partitions, filling);
    };
  }

  /** Idleness condemns windows: noted before the snapshot that has to hold it. */
  #forced(): Promise<void> {
    const known = this.closings;
    const positions = this.#positions();
    const found = this.parts.windows.flatMap(({ node, store }): ForcedClosing[] => {
      const frontier = store.forcedFrontier / 1000;
      const isKnown = known.some((each) => each.stage === node.name && each.frontier >= frontier);
      return isKnown || frontier === -Infinity ? [] : [{ stage: node.name, frontier, positions }];
    });
    this.#closings = [...known, ...found];
    for (const { stage, frontier } of found) {
      const most = this.#idle.watermark / 1000;
      if (frontier <= most) continue;
      this.#setting.durable.breaches.push(`${stage} closed up to ${frontier}, T5 allows ${most}`);
    }
    return this.#checkpointer.take();
  }

  /** Next offset of every partition: what has been merged. */
  #positions(): number[] {
    const [source] = this.parts.sources;
    return this.broker.next.map((_, p) => source?.positions.get(p)?.nextOffset ?? 0);
  }

  /** What the snapshot keeps for the simulation. */
  #save(): Memory {
    const known = Array.from(
      this.#known,
      ([p, floor]) => [p, Number.isFinite(floor) ? floor : null] as const,
    );
    const positions = this.#positions();
    return { closings: this.#closings, known, idle: this.#idle.save(), positions };
  }

  #restore(saved: unknown): void {
    const { closings, known, idle, positions } = saved as Memory;
    this.#closings = closings;
    this.#known = new Map(known.map(([p, floor]) => [p, floor ?? -Infinity]));
    const { logs } = this.#setting.durable;
    const maxOf = (next: number, p: number): number =>
      Math.max(
        (this.#known.get(p) ?? -Infinity) + OUT_OF_ORDER_MS,
        ...timesOf(logs[p]?.slice(0, next)),
      );
    this.#idle.restore(idle, positions.map(maxOf));
  }

  async #write({ header, buffers }: SnapshotContent): Promise<number> {
    await this.agenda.turn('disk');
    if (this.#setting.broken.has('disk')) throw new Error('disk is broken');
    // What is written is what the buffers hold by now.
    const json = JSON.stringify(header);
    const copies = buffers.map((buffer) => buffer.slice());
    await this.agenda.turn('disk');
    const [saved] = Object.values((header as SnapshotHeader).sources);
    const positions = saved?.positions.map(([p, { nextOffset }]) => [p, nextOffset] as const);
    this.#setting.durable.save(json, copies, new Map(positions));
    return json.length;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  #stick(): void {
    this.agenda.stuck.clear();
    for (const actor of this.#setting.stuck) this.agenda.stuck.add(actor);
  }

  /** Lets everything run that waits for nothing. */
  #settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
