/** One life of the process, from the newest snapshot to a crash or a clean end. */
import { Subject, Subscription, concat, of } from 'rxjs';
import { Acknowledgements } from '../../engine/graph/acknowledgements.ts';
import { type GraphParts, buildGraph } from '../../engine/graph/build.ts';
import { openLedger } from '../../engine/graph/credit.ts';
import { stopOn } from '../../engine/graph/operators/stop-on.ts';
import { openTally } from '../../engine/graph/tally.ts';
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import { Checkpointer } from '../../engine/run/checkpointer.ts';
import { openRuntimes } from '../../engine/run/parts.ts';
import { type SnapshotHeader, restoreState } from '../../engine/run/state.ts';
import type { ForcedClosing } from '../oracles/stream.ts';
import { Agenda } from './agenda.ts';
import { Broker } from './broker.ts';
import type { Durable } from './durable.ts';
import type { Pipeline } from './pipelines.ts';
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
  readonly broken: Set<string>;
  readonly stuck: ReadonlySet<string>;
  /** Bytes under way at most. */
  readonly budgetBytes: number;
}

/** A fetch takes this long. */
const FETCH_MS = 5;

/** The running process. */
export class Life {
  readonly parts: GraphParts;
  readonly broker: Broker;
  readonly pool: Pool;
  readonly agenda = new Agenda();
  /** Windows that idleness closed so far, as the newest snapshot knows them and since. */
  readonly #memory: { journal: unknown } = { journal: [] };
  readonly #setting: Setting;
  readonly #underWay = new Set<() => void>();
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
    const { plan } = pipeline;
    this.#checkpointMs = clock.nowMs + plan.checkpoint.everyMs;
    const world = { durable, agenda: this.agenda, random, now: () => clock.nowMs };
    this.broker = new Broker({ ...world, memory: this.#memory });
    this.pool = new Pool(plan, setting.workers, world);
    const runtimes = openRuntimes(plan, [this.broker]);
    const { snapshot } = durable;
    const tally = snapshot === null ? openTally() : restoreState(runtimes, snapshot);
    const handles = (snapshot?.header as SnapshotHeader | undefined)?.handles ?? {};
    const acks = new Acknowledgements();
    const { broken } = setting;
    const sinkWorld: SinkWorld = { ...world, broken, underWay: this.#underWay };
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
    return this.#memory.journal as ForcedClosing[];
  }

  /** Whether anything can happen without the clock. */
  get isBusy(): boolean {
    this.#stick();
    return this.agenda.ready > 0 || (!this.#hasEnded && this.broker.hasMore);
  }

  /** Lets one thing happen: an answer arrives, or the source is asked. */
  async step(): Promise<void> {
    this.#stick();
    const at = Math.floor(this.#setting.random() * (this.agenda.ready + 1));
    if (at < this.agenda.ready) this.agenda.happen(at);
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

  /** The process is gone. Of the writes on their way some arrive nevertheless. */
  crash(): void {
    for (const arrive of this.#underWay) if (this.#setting.random() < 0.5) arrive();
    this.#underWay.clear();
  }

  #fetch(): void {
    if (this.#hasEnded) return;
    this.#setting.clock.nowMs += FETCH_MS;
    this.broker.fetch();
  }

  /** Idleness condemns windows: noted before the snapshot that has to hold it. */
  #forced(): Promise<void> {
    const known = this.closings;
    const [source] = this.parts.sources;
    const positions = this.broker.next.map((_, p) => source?.positions.get(p)?.nextOffset ?? 0);
    const found = this.parts.windows.flatMap(({ node, store }): ForcedClosing[] => {
      const frontier = store.forcedFrontier / 1000;
      const isKnown = known.some((each) => each.stage === node.name && each.frontier >= frontier);
      return isKnown || frontier === -Infinity ? [] : [{ stage: node.name, frontier, positions }];
    });
    this.#memory.journal = [...known, ...found];
    return this.#checkpointer.take();
  }

  async #write({ header, buffers }: SnapshotContent): Promise<number> {
    await this.agenda.turn('disk');
    if (this.#setting.broken.has('disk')) throw new Error('disk is broken');
    // What is written is what the buffers hold by now.
    const json = JSON.stringify(header);
    const copies = buffers.map((buffer) => buffer.slice());
    await this.agenda.turn('disk');
    this.#setting.durable.save(json, copies);
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
