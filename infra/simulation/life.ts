/** One life of the process, from the newest snapshot to a crash or a clean end. */
import { Subject, Subscription, concat, of } from 'rxjs';
import { Acknowledgements } from '../../engine/graph/acknowledgements.ts';
import { type GraphParts, buildGraph, provisionalRows } from '../../engine/graph/build.ts';
import { openLedger } from '../../engine/graph/credit.ts';
import { stopOn } from '../../engine/graph/operators/stop-on.ts';
import { openTally } from '../../engine/graph/tally.ts';
import { Checkpointer } from '../../engine/run/checkpointer.ts';
import type { Plan } from '../../engine/plan/planner.ts';
import { openRuntimes } from '../../engine/run/parts.ts';
import { type SnapshotHeader, restoreState } from '../../engine/run/state.ts';
import { Agenda } from './agenda.ts';
import type { SimulatedSource } from './broker.ts';
import { openDisk } from './disk.ts';
import type { Durable } from './durable.ts';
import type { Pipeline } from './pipeline.ts';
import { Pool } from './pool.ts';
import { type SinkWorld, openLetters, openSink } from './sinks.ts';
import { openSources } from './sources.ts';
import { Timers } from './timers.ts';
import { Witness } from './witness.ts';

/** What a life is given. */
export interface Setting {
  readonly pipeline: Pipeline;
  /** Its plan, over the framing of the topics. */
  readonly plan: Plan;
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

/** A fetch takes this long. */
const FETCH_MS = 5;

/** The running process. */
export class Life {
  readonly parts: GraphParts;
  /** In the order of the plan's sources. */
  readonly brokers: readonly SimulatedSource[];
  readonly pool: Pool;
  readonly agenda = new Agenda();
  readonly witness: Witness;
  readonly #setting: Setting;
  readonly #timers: Timers;
  readonly #underWay = new Set<() => void>();
  readonly #mode = { isProvisional: false };
  readonly #checkpointer: Checkpointer;
  readonly #stop$ = new Subject<null>();
  readonly #subscription = new Subscription();
  #checkpointMs: number;
  #isComplete = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(setting: Setting) {
    this.#setting = setting;
    const { pipeline, plan, durable, random, clock, budgetBytes } = setting;
    this.#checkpointMs = clock.nowMs + plan.checkpoint.everyMs;
    const world = { durable, agenda: this.agenda, random, now: () => clock.nowMs };
    const { broken, stuck } = setting;
    this.#timers = new Timers(clock);
    const witness = new Witness(pipeline.rules, durable);
    this.witness = witness;
    this.brokers = openSources({ ...world, broken, stuck }, witness);
    this.pool = new Pool(plan, setting.workers, world);
    const runtimes = openRuntimes(plan, this.brokers);
    witness.watch(runtimes.sources);
    const { snapshot } = durable;
    const tally = snapshot === null ? openTally() : restoreState(runtimes, snapshot);
    const handles = (snapshot?.header as SnapshotHeader | undefined)?.handles ?? {};
    const acks = new Acknowledgements();
    const { given } = tally;
    const mode = this.#mode;
    const sinkWorld: SinkWorld = { ...world, broken, mode, given, underWay: this.#underWay };
    const sinks = pipeline.sinks.map((part) => openSink(part, handles[part.name], sinkWorld));
    const store = openDisk({ ...world, broken });
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
      durable: () => {
        witness.condemned(runtimes.windows);
        return this.#checkpointer.take();
      },
      ticks$: (everyMs) => this.#timers.every$(everyMs),
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

  /** All sources have ended or were told to stop. */
  get hasEnded(): boolean {
    return this.brokers.every(({ hasEnded }) => hasEnded);
  }

  /** What ended the run. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Whether everything that was produced has been merged. */
  get isMerged(): boolean {
    const { topics } = this.#setting.durable;
    return this.witness.positions.every((positions, i) =>
      positions.every((next, p) => next === topics[i]?.lengthOf(p)),
    );
  }

  /** Whether anything can happen without the clock. */
  get isBusy(): boolean {
    this.#stick();
    return this.agenda.ready.length > 0 || this.brokers.some(({ hasMore }) => hasMore);
  }

  /** Lets one thing happen: an answer arrives, or a source is asked. */
  async step(): Promise<void> {
    this.#stick();
    const { ready } = this.agenda;
    const actors = [...ready, ...this.brokers.map(({ actor }) => actor)];
    let at = this.#pick(actors);
    // Slow actors are picked less often, never never.
    for (let tries = 0; tries < 5 && this.#isSlow(actors[at] ?? ''); tries++)
      at = this.#pick(actors);
    if (at < ready.length) this.agenda.happen(at);
    else this.#fetch(this.brokers[at - ready.length]);
    this.#timers.run();
    await this.#settle();
  }

  /** Time goes on, without anything else happening; a fetch and a snapshot may be due. */
  async wait(ms: number): Promise<void> {
    this.#setting.clock.nowMs += ms;
    if (this.#setting.clock.nowMs >= this.#checkpointMs) this.tick();
    for (const broker of this.brokers) {
      for (let i = broker.next.length; i > 0; i--) {
        this.#fetch(broker);
        // Two responses never come at the same instant.
        await this.#settle();
      }
    }
    this.#timers.run();
    await this.#settle();
  }

  /** Takes a snapshot unless one is under way. */
  tick(): void {
    this.#checkpointMs = this.#setting.clock.nowMs + this.parts.plan.checkpoint.everyMs;
    this.#checkpointer.tick().catch((error: unknown) => this.#fail(error));
  }

  /** Tells the sources to stop, as Ctrl-C does. */
  stop(): void {
    this.#stop$.next(null);
    for (const broker of this.brokers) broker.hasEnded = true;
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

  #fetch(broker?: SimulatedSource): void {
    if (broker === undefined || broker.hasEnded) return;
    this.#setting.clock.nowMs += FETCH_MS;
    broker.fetch();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  #stick(): void {
    this.agenda.stuck.clear();
    for (const actor of this.#setting.stuck) this.agenda.stuck.add(actor);
  }

  /** Lets everything run that waits for nothing. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const broker of this.brokers) broker.settled();
  }
}
