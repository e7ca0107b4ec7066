/**
 * Runs of the real graph over several sources that crash, over logs, tables, letters and snapshots
 * that last. What a run waits for waits in an agenda, from which a seed picks what happens next.
 */
import { Observable, Subject, Subscription, concat, of } from 'rxjs';
import { SourceProgram } from '../../workers/program.ts';
import type { DeadLetter, Reply, Task } from '../../workers/protocol.ts';
import { type RowBatch, cellOf } from '../core/batch.ts';
import { STAGE, buildRowId } from '../core/row-id.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { type GraphParts, buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import { stopOn } from '../graph/operators/stop-on.ts';
import type { PoolPort, SinkPort, SourceEvent, SourcePort } from '../graph/ports.ts';
import { type Log, type Run, frameOf } from '../graph/scenario.fixture.ts';
import { openTally } from '../graph/tally.ts';
import type { SnapshotContent } from '../io/checkpoint/snapshot-store.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';
import { Checkpointer } from './checkpointer.ts';
import { openRuntimes } from './parts.ts';
import { restoreState } from './state.ts';

/** What a crash does not touch. */
export class Lasting {
  /** Rows as texts by their ids (R6). */
  readonly table = new Map<string, string>();
  /** Rows that replaced another one. */
  readonly conflicts: string[] = [];
  readonly letters = new Map<string, DeadLetter>();
  snapshot: { readonly header: string; readonly buffers: readonly Uint8Array[] } | null = null;

  get rows(): string[] {
    return [...this.table.values()].sort();
  }

  /** `source partition@offset` of all letters with a code. */
  lettersOf(code: string): string[] {
    const found = [...this.letters.values()].filter((letter) => letter.code === code);
    return found.map(({ source, partition, offset }) => `${source} ${partition}@${offset}`).sort();
  }
}

/** The sources, in the order of plan.sources: logs, and how much of each partition can be read. */
export interface World {
  readonly plan: Plan;
  readonly logs: readonly (readonly Log[])[];
  readonly visible: readonly number[][];
  /** True: sources end. False: fetches come back empty, after `pollMs` of polling each. */
  readonly bounded: boolean;
  readonly pollMs: number;
}

/** A source while it is read. */
interface Reading {
  readonly next: number[];
  readonly paused: Set<number>;
  emit: ((event: SourceEvent | null) => void) | null;
}

/** One life of the process. */
export class UnionLife {
  readonly parts: GraphParts;
  readonly #world: World;
  readonly #lasting: Lasting;
  readonly #random: () => number;
  readonly #agenda: (() => void)[] = [];
  readonly #readings: readonly Reading[];
  readonly #checkpointer: Checkpointer;
  readonly #stop$ = new Subject<null>();
  /** Processing time goes on, for records that wait for idle partitions (T5). */
  readonly #tick$ = new Subject<null>();
  readonly #hasTicks: boolean;
  readonly #subscription = new Subscription();
  #ended = false;
  #failure: unknown = null;

  constructor(world: World, lasting: Lasting, random: () => number) {
    const { plan } = world;
    this.#world = world;
    this.#lasting = lasting;
    this.#random = random;
    this.#readings = world.logs.map((logs) => ({
      ...{ next: logs.map(() => 0), paused: new Set<number>(), emit: null },
    }));
    const runtimes = openRuntimes(
      plan,
      this.#readings.map((reading, source) => this.#port(source, reading)),
    );
    const { snapshot } = lasting;
    const tally =
      snapshot === null
        ? openTally()
        : restoreState(runtimes, {
            header: JSON.parse(snapshot.header) as unknown,
            buffers: snapshot.buffers.map((buffer) => buffer.slice()),
          });
    const acks = new Acknowledgements();
    const sinks = plan.sinks.map((node) => this.#table(node));
    const store = { write: (content: SnapshotContent) => this.#write(content) };
    this.#checkpointer = new Checkpointer({
      ...{ plan, acks, sinks, store },
      state: { ...runtimes, tally },
    });
    const { windows, dedups } = runtimes;
    this.#hasTicks = dedups.some(({ sources }) => sources.length > 1);
    this.parts = {
      ...{ plan, windows, dedups, sinks, acks, tally },
      pool: this.#pool(2),
      sources: runtimes.sources.map((source) => ({
        ...source,
        events$: concat(source.port.open(source.positions), of({ kind: 'finished' as const })).pipe(
          stopOn(this.#stop$, this.#subscription),
        ),
      })),
      deadLetters: {
        open: () => Promise.resolve(),
        write: async (letters) => {
          await this.#turn();
          for (const letter of letters) lasting.letters.set(nameOf(letter), letter);
        },
        close: () => Promise.resolve(),
      },
      ledger: openLedger(1 << 14),
      durable: () => this.#checkpointer.take(),
      ticks$: () => this.#tick$,
      onLetters: () => undefined,
    };
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

  /** Partitions of each source that are held back (T6). */
  get paused(): readonly (readonly number[])[] {
    return this.#readings.map(({ paused }) => [...paused]);
  }

  /** Tells the sources to stop, as Ctrl-C does. */
  stop(): void {
    this.#stop$.next(null);
  }

  /** Takes a snapshot unless one is under way. */
  tick(): void {
    this.#checkpointer.tick().catch((error: unknown) => (this.#failure = error));
  }

  /** Lets one thing happen: an answer arrives, or a source reads on. Throws what ended the run. */
  async step(): Promise<void> {
    if (this.#hasTicks && this.#random() < 0.1) this.#tick$.next(null);
    const at = Math.floor(this.#random() * (this.#agenda.length + 2));
    const [happen] = this.#agenda.splice(at, 1);
    if (happen === undefined) this.#read(Math.floor(this.#random() * this.#readings.length));
    else happen();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure !== null) throw this.#failure as Error;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#agenda.push(resolve));
  }

  #port(source: number, reading: Reading): SourcePort {
    const all = reading.next.map((_, partition) => partition);
    return {
      // eslint-disable-next-line rxjs-x/finnish
      open: (start) =>
        new Observable<SourceEvent>((subscriber) => {
          all.forEach((each) => (reading.next[each] = start.get(each)?.nextOffset ?? 0));
          // Sources open one after the other, and whenever they like.
          this.#agenda.push(() => {
            reading.emit = (event) => {
              if (event === null) subscriber.complete();
              else subscriber.next(event);
            };
            subscriber.next({ kind: 'partitions', partitions: all });
            const { bounded, visible } = this.#world;
            if (!bounded) return;
            // As files and simulations do.
            const ends = new Map(visible[source]?.entries());
            subscriber.next({ kind: 'ends', ends });
          });
        }),
      pause: (partitions = all) => partitions.forEach((each) => reading.paused.add(each)),
      resume: (partitions = all) => partitions.forEach((each) => reading.paused.delete(each)),
      reread: async (partition, first, next) => {
        await this.#turn();
        return this.#frame(source, [{ partition, first, next }]);
      },
      commit: () => Promise.resolve(),
      identity: () => Promise.resolve(`source ${source}`),
      ends: () => Promise.resolve(new Map()),
      maxFrameBytes: 1 << 12,
    };
  }

  #frame(source: number, runs: readonly { partition: number; first: number; next: number }[]) {
    const logs = this.#world.logs[source] ?? [];
    return frameOf(
      runs.map(({ partition, first, next }): Run => {
        return { partition, first, events: (logs[partition] ?? []).slice(first, next) };
      }),
    );
  }

  /** A source reads on: some records of some partitions, or the news that there are none. */
  #read(source: number): void {
    const { visible, bounded, pollMs } = this.#world;
    const { next, paused, emit } = this.#readings[source] as Reading;
    const readable = visible[source] ?? [];
    const open = next.flatMap((at, partition) =>
      paused.has(partition) ? [] : [{ at, partition }],
    );
    const runs = open.flatMap(({ at, partition }) => {
      const take = Math.min((readable[partition] ?? 0) - at, Math.floor(this.#random() * 8));
      return take === 0 ? [] : [{ partition, first: at, next: at + take }];
    });
    if (emit === null) return;
    if (runs.length > 0) {
      for (const run of runs) next[run.partition] = run.next;
      emit({ kind: 'frame', frame: this.#frame(source, runs) });
      return;
    }
    if (bounded && next.every((at, partition) => at === readable[partition])) emit(null);
    const quiet = open.filter(({ at, partition }) => at === readable[partition]);
    const found = quiet[Math.floor(this.#random() * quiet.length)];
    if (bounded || found === undefined) return;
    emit({ kind: 'empty', partition: found.partition, end: found.at, polledMs: pollMs });
  }

  /** Threads that answer in the order of their tasks. */
  #pool(workers: number): PoolPort {
    const { plan } = this.#world;
    const threads = Array.from({ length: workers }, (_, worker) => ({
      programs: plan.sources.map((__, source) => new SourceProgram(plan, source, worker)),
      replies: [] as (() => void)[],
    }));
    return {
      workers,
      run: (task: Task) =>
        new Promise<Reply>((resolve) => {
          const { programs, replies } = threads[
            Math.floor(this.#random() * workers)
          ] as (typeof threads)[number];
          const program = programs[task.source] as SourceProgram;
          const reply = structuredClone(program.run(structuredClone(task)));
          replies.push(() => resolve(reply));
          this.#agenda.push(() => replies.shift()?.());
        }),
      close: () => Promise.resolve(),
    };
  }

  #table({ name, columns }: SinkNode): SinkPort {
    // `key` and `window_start`, and what else tells rows apart but for values.
    const identity = ['k', 'window_start', 'item', 'size', STAGE];
    const idOf = buildRowId({ pipeline: 'both', sink: name, columns, identity });
    return {
      open: () => Promise.resolve(),
      write: async (batch) => {
        const rows = textsOf(name, columns, batch).map((row, i) => [idOf(batch, i), row] as const);
        await this.#turn();
        for (const [id, row] of rows) {
          const before = this.#lasting.table.get(id);
          if (before !== undefined && before !== row) {
            this.#lasting.conflicts.push(`${before} → ${row}`);
          }
          this.#lasting.table.set(id, row);
        }
        await this.#turn();
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  async #write({ header, buffers }: SnapshotContent): Promise<number> {
    await this.#turn();
    const json = JSON.stringify(header);
    const copies = buffers.map((buffer) => buffer.slice());
    await this.#turn();
    this.#lasting.snapshot = { header: json, buffers: copies };
    return json.length;
  }
}

const nameOf = ({ source, stage, partition, offset, key, code }: DeadLetter): string =>
  JSON.stringify([source, stage, partition, offset, code, key === null ? null : [...key]]);

/** Rows in the words of the oracle: sink, key, window_start in seconds, results. */
function textsOf(
  name: string,
  columns: SinkNode['columns'],
  { length, vectors }: RowBatch,
): string[] {
  return Array.from({ length }, (_, row) => {
    const cells = new Map(vectors.map((vector, at) => [columns[at]?.name, cellOf(vector, row)]));
    if (name === 'rows') {
      return `rows ${JSON.stringify(cells.get('k'))} ${String(cells.get('t'))} ${String(cells.get('x'))}`;
    }
    const texts = [...cells].flatMap(([column, cell], at) => {
      if (column === 'window_end') return [];
      if (column === 'window_start') return [String(Number(cell) / 1000)];
      return [at === 0 ? JSON.stringify(cell) : String(cell)];
    });
    return [name, ...texts].join(' ');
  });
}

const MOST_STEPS = 20_000;

/** Runs lives over one world, crashing after so many steps each, until the last comes to its end. */
export async function lives(
  world: World,
  lasting: Lasting,
  course: {
    readonly crashes: readonly number[];
    readonly random: () => number;
    readonly meanwhile?: (life: UnionLife) => void;
    readonly until?: (life: UnionLife) => boolean;
  },
): Promise<UnionLife> {
  const { crashes, random, meanwhile, until } = course;
  for (const steps of [...crashes, MOST_STEPS]) {
    const life = new UnionLife(world, lasting, random);
    for (let i = 0; i < steps && !life.ended; i++) {
      if (steps === MOST_STEPS && until?.(life) === true) life.stop();
      meanwhile?.(life);
      if (random() < 0.1) life.tick();
      await life.step();
    }
    if (steps === MOST_STEPS && life.ended) return life;
  }
  throw new Error('the run does not come to an end');
}
