/**
 * A world in which a run can crash: logs, tables, staged files, dead letters and snapshots that last,
 * and runs of the real graph over them that do not. Whatever a run waits for (a worker's reply, an
 * acknowledgement, a snapshot on disk) waits in an agenda, from which a seed picks what happens next.
 */
import { Observable, Subject, Subscription, concat, of } from 'rxjs';
import { SourceProgram } from '../../workers/program.ts';
import type { DeadLetter, Reply, Task } from '../../workers/protocol.ts';
import { EngineError } from '../errors.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { type GraphParts, buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import { stopOn } from '../graph/operators/stop-on.ts';
import type {
  Frame,
  PoolPort,
  Positions,
  SinkPort,
  SourceEvent,
  SourcePort,
} from '../graph/ports.ts';
import { type Log, frameOf, plan as scenarioPlan, rowTexts } from '../graph/scenario.fixture.ts';
import { openTally } from '../graph/tally.ts';
import type { SnapshotContent } from '../io/checkpoint/snapshot-store.ts';
import type { Plan } from '../plan/planner.ts';
import { Checkpointer } from './checkpointer.ts';
import type { Durable, StampedRows } from './crash-durable.fixture.ts';
import type { Retention } from './crash-retention.fixture.ts';
import { openRuntimes } from './parts.ts';
import { type SnapshotHeader, restoreState } from './state.ts';
import { workerProgram } from './worker-program.ts';

/** The logs, as far as they can be read by now. */
export interface Broker {
  readonly logs: readonly Log[];
  readonly visible: number[];
  /** True: the source ends there. False: fetches come back empty, after `pollMs` of polling each. */
  readonly bounded: boolean;
  readonly pollMs: number;
  /** Set where the logs lose records, and runs are told to go on behind them. */
  readonly retention?: Retention;
  /** True: nothing is read at all. */
  readonly isSilent?: boolean;
  /** What runs over the logs; the pipeline of scenario.fixture.ts unless another is named. */
  readonly plan?: Plan;
}

/** One life of the process, from the last snapshot to a crash or the end. */
export class Life {
  readonly parts: GraphParts;
  readonly #durable: Durable;
  readonly #broker: Broker;
  readonly #random: () => number;
  readonly #agenda: (() => void)[] = [];
  readonly #onTheWay = new Set<StampedRows>();
  readonly #checkpointer: Checkpointer;
  readonly #stop$ = new Subject<null>();
  /** Processing time goes on, for rows before they are final (W5). */
  readonly #tick$ = new Subject<null>();
  readonly #hasTicks: boolean;
  readonly #subscription = new Subscription();
  /** Partitions that are paused. */
  readonly #gate = new Set<number>();
  #next: number[] = [];
  #emit: ((event: SourceEvent | null) => void) | null = null;
  #ended = false;
  #failure: unknown = null;

  constructor(durable: Durable, broker: Broker, random: () => number) {
    this.#durable = durable;
    this.#broker = broker;
    this.#random = random;
    const { plan = scenarioPlan } = broker;
    this.#hasTicks = plan.stages.some((each) => each.kind === 'window' && each.emit !== 'final');
    const port = this.#port();
    const runtimes = openRuntimes(plan, [port]);
    const { sources, windows, dedups } = runtimes;
    const { snapshot } = durable;
    const tally = snapshot === null ? openTally() : restoreState(runtimes, snapshot);
    const acks = new Acknowledgements();
    const handles = (snapshot?.header as SnapshotHeader | undefined)?.handles ?? {};
    const sinks = plan.sinks.map(({ name }) =>
      name === 'rows' ? this.#file(handles[name] ?? null) : this.#table(name),
    );
    const store = { write: (content: SnapshotContent) => this.#write(content) };
    const state = { ...runtimes, tally };
    this.#checkpointer = new Checkpointer({ plan, state, acks, sinks, store });
    this.parts = {
      plan,
      pool: this.#pool(plan, 2),
      sources: sources.map((source) => ({
        ...source,
        events$: concat(port.open(source.positions), of({ kind: 'finished' as const })).pipe(
          stopOn(this.#stop$, this.#subscription),
        ),
      })),
      windows,
      dedups,
      sinks,
      deadLetters: {
        open: () => Promise.resolve(),
        write: async (letters) => {
          await this.#turns();
          for (const letter of letters) durable.letters.set(idOf(letter), letter);
        },
        close: () => Promise.resolve(),
      },
      ledger: openLedger(1 << 13),
      acks,
      tally,
      durable: () => this.#checkpointer.take(),
      ticks$: () => this.#tick$,
      onLetters: () => undefined,
    };
  }

  /** Subscribes; then `step` until `ended`. */
  start(): void {
    this.#subscription.add(
      buildGraph(this.parts).subscribe({
        error: (error: unknown) => (this.#failure = error),
        complete: () => (this.#ended = true),
      }),
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Tells the source to stop, as Ctrl-C does. */
  stop(): void {
    this.#stop$.next(null);
  }

  /** Takes a snapshot unless one is under way. */
  tick(): void {
    this.#checkpointer.tick().catch((error: unknown) => (this.#failure = error));
  }

  /** Takes the last snapshot. */
  async finish(finished: boolean): Promise<void> {
    const taken = { yet: false };
    const taking = this.#checkpointer.take(finished).finally(() => (taken.yet = true));
    for (let steps = 0; !taken.yet && steps < 200; steps++) await this.step();
    await taking;
  }

  /** Lets one thing happen: an answer arrives, or the source reads on. Throws what ended the run. */
  async step(): Promise<void> {
    if (this.#hasTicks && this.#random() < 0.2) this.#tick$.next(null);
    const at = Math.floor(this.#random() * (this.#agenda.length + 1));
    const [happen] = this.#agenda.splice(at, 1);
    if (happen === undefined) this.#read();
    else happen();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure !== null) throw this.#failure as Error;
  }

  /** The process is gone. Of the rows on their way some arrive nevertheless. */
  crash(): void {
    for (const rows of this.#onTheWay) if (this.#random() < 0.5) this.#durable.put(rows);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#agenda.push(resolve));
  }

  /** Slow now and then. */
  async #turns(): Promise<void> {
    for (let more = this.#random() < 0.2 ? 12 : 1; more > 0; more--) await this.#turn();
  }

  #port(): SourcePort {
    const all = this.#broker.logs.map((_, partition) => partition);
    return {
      // eslint-disable-next-line rxjs-x/finnish
      open: (start) =>
        new Observable<SourceEvent>((subscriber) => {
          this.#next = all.map((partition) => start.get(partition)?.nextOffset ?? 0);
          const begin = (starts: Positions): void => {
            this.#emit = (event) => {
              if (event === null) subscriber.complete();
              else subscriber.next(event);
            };
            for (const [partition, next] of starts) this.#next[partition] = next;
            subscriber.next({ kind: 'partitions', partitions: all, starts });
          };
          const { retention, visible } = this.#broker;
          if (retention === undefined) begin(new Map());
          else void retention.starts(start, visible).then(begin);
        }),
      pause: (partitions = all) => partitions.forEach((each) => this.#gate.add(each)),
      resume: (partitions = all) => partitions.forEach((each) => this.#gate.delete(each)),
      reread: async (partition, first, next) => {
        await this.#turn();
        this.#broker.retention?.require(partition, first);
        return this.#frame([{ partition, first, next }]);
      },
      commit: () => Promise.resolve(),
      identity: () => Promise.resolve('world'),
      ends: () => Promise.resolve(new Map()),
      maxFrameBytes: 1 << 12,
    };
  }

  /** The source reads on: some records of some partitions, or the news that there are none. */
  #read(): void {
    const { visible, bounded, pollMs, isSilent, retention } = this.#broker;
    if (isSilent === true || this.#emit === null) return;
    const moved = retention?.moved(this.#next, visible) ?? new Map<number, number>();
    if (moved.size > 0) {
      for (const [partition, next] of moved) this.#next[partition] = next;
      this.#emit({ kind: 'partitions', partitions: [...this.#next.keys()], starts: moved });
      return;
    }
    const open = this.#next.flatMap((next, partition) =>
      this.#gate.has(partition) ? [] : [{ partition, left: (visible[partition] ?? 0) - next }],
    );
    const runs = open.flatMap(({ partition, left }) => {
      const first = this.#next[partition] as number;
      const take = Math.min(left, Math.floor(this.#random() * 8));
      return take === 0 ? [] : [{ partition, first, next: first + take }];
    });
    if (runs.length > 0) {
      for (const { partition, next } of runs) this.#next[partition] = next;
      this.#emit({ kind: 'frame', frame: this.#frame(runs) });
      return;
    }
    const isRead = this.#next.every((next, partition) => next === visible[partition]);
    if (bounded && isRead) this.#emit(null);
    const ended = open.filter(({ left }) => left === 0);
    const quiet = ended[Math.floor(this.#random() * ended.length)];
    if (bounded || quiet === undefined) return;
    const { partition } = quiet;
    const end = this.#next[partition] as number;
    this.#emit({ kind: 'empty', partition, end, polledMs: pollMs });
  }

  #frame(runs: readonly { partition: number; first: number; next: number }[]): Frame {
    const events = (partition: number): Log => this.#broker.logs[partition] as Log;
    return frameOf(
      runs.map(({ partition, first, next }) => ({
        ...{ partition, first },
        events: events(partition).slice(first, next),
      })),
    );
  }

  /** Threads that answer in the order of their tasks; some tasks are lost with their thread. */
  #pool(plan: Plan, workers: number): PoolPort {
    const threads = Array.from({ length: workers }, (_, worker) => ({
      program: new SourceProgram(workerProgram(plan), 0, worker),
      replies: [] as (() => void)[],
    }));
    return {
      workers,
      run: (task: Task) =>
        new Promise<Reply>((resolve, reject) => {
          const thread = threads[Math.floor(this.#random() * workers)] as (typeof threads)[number];
          const records = task.slices.reduce(
            (sum, each) => sum + each.nextOffset - each.firstOffset,
            0,
          );
          // Never a single record: one that no thread survives would be a dead letter.
          const isLost = records > 1 && this.#random() < 0.1;
          const reply = isLost ? null : structuredClone(thread.program.run(structuredClone(task)));
          thread.replies.push(() => {
            if (reply !== null) resolve(reply);
            else reject(new EngineError('ENG_WORKER_FAILED', 'gone'));
          });
          this.#agenda.push(() => thread.replies.shift()?.());
        }),
      close: () => Promise.resolve(),
    };
  }

  #table(name: string): SinkPort {
    return {
      open: () => Promise.resolve(),
      write: async (batch) => {
        const rows = { rows: rowTexts(name, batch), stamp: this.#durable.stamp() };
        this.#onTheWay.add(rows);
        await this.#turns();
        this.#durable.put(rows);
        this.#onTheWay.delete(rows);
        await this.#turn();
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  /** A sink as the file sink is: one thing after the other, exactly once by prepare and commit. */
  #file(handle: unknown): SinkPort {
    const durable = this.#durable;
    durable.committed = (handle as number | null) ?? durable.committed;
    durable.file.length = durable.committed;
    let line: Promise<unknown> = Promise.resolve();
    const inLine = <T>(work: () => T): Promise<T> => {
      const result = line.then(() => this.#turn()).then(work);
      line = result;
      return result;
    };
    return {
      open: () => Promise.resolve(),
      write: (batch) => inLine(() => void durable.file.push(...rowTexts('rows', batch))),
      prepare: () => inLine(() => durable.file.length),
      commit: (prepared) => inLine(() => void (durable.committed = prepared as number)),
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  async #write({ header, buffers }: SnapshotContent): Promise<number> {
    await this.#turn();
    // What is written is what the buffers hold by now.
    const json = JSON.stringify(header);
    const copies = buffers.map((buffer) => buffer.slice());
    await this.#turn();
    this.#durable.save(json, copies);
    return json.length;
  }
}

const idOf = ({ stage, partition, offset, index }: DeadLetter): string =>
  `${stage} ${partition}@${offset} ${index ?? ''}`;
