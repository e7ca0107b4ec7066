/** Threads that answer in any order among each other, and die when told to. */
import { EngineError } from '../../engine/errors.ts';
import type { PoolPort } from '../../engine/graph/ports.ts';
import type { Plan } from '../../engine/plan/planner.ts';
import { SourceProgram } from '../../workers/program.ts';
import type { Reply, Slice, Task } from '../../workers/protocol.ts';
import type { Agenda } from './agenda.ts';
import type { Durable } from './durable.ts';
import { workerProgram } from '../../engine/run/worker-program.ts';

interface Pending {
  readonly task: Task;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  /** One a source. */
  programs: readonly SourceProgram[] | null;
  /** In the order of their tasks; null: its thread died. */
  readonly pending: Pending[];
}

/** What threads need of their world. */
interface PoolWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly random: () => number;
}

/** The threads of one life; programs run in this one. */
export class Pool implements PoolPort {
  readonly workers: number;
  readonly #plan: Plan;
  readonly #durable: Durable;
  readonly #agenda: Agenda;
  readonly #random: () => number;
  readonly #threads: Thread[];
  #incarnations = 0;

  constructor(plan: Plan, workers: number, world: PoolWorld) {
    this.workers = workers;
    this.#plan = plan;
    this.#durable = world.durable;
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#threads = Array.from({ length: workers }, () => ({ programs: null, pending: [] }));
  }

  run(task: Task): Promise<Reply> {
    // What crosses is a copy, and the buffer is gone from this side.
    const sent = structuredClone(task, { transfer: [task.buffer] });
    return new Promise((resolve, reject) => this.#give({ task: sent, resolve, reject }));
  }

  async close(): Promise<void> {
    // Nothing is kept.
  }

  /**
   * A thread dies: what it was given fails. A task of a single record goes to its successor instead:
   * the engine would take that record for what killed it.
   */
  kill(worker: number): void {
    const thread = this.#threads[worker % this.workers] as Thread;
    const lost = thread.pending.splice(0);
    thread.programs = null;
    for (const each of lost) {
      if (recordsOf(each.task) > 1) each.reject(new EngineError('ENG_WORKER_FAILED', 'killed'));
      else this.#give(each);
    }
  }

  #isPoisoned(source: number, { partition, firstOffset, nextOffset }: Slice): boolean {
    const log = this.#durable.topics[source]?.logs[partition] ?? [];
    const records = log.slice(firstOffset, nextOffset);
    return records.some(({ kind }) => kind === 'poison');
  }

  #load(): SourceProgram[] {
    const incarnation = this.#incarnations++;
    const program = workerProgram(this.#plan);
    return program.sources.map((_, source) => new SourceProgram(program, source, incarnation));
  }

  #give(pending: Pending): void {
    const thread = this.#threads[Math.floor(this.#random() * this.workers)] as Thread;
    thread.pending.push(pending);
    this.#agenda.add('worker', () => this.#answer(thread));
  }

  #answer(thread: Thread): void {
    const next = thread.pending.shift();
    if (next === undefined) return;
    if (next.task.slices.some((slice) => this.#isPoisoned(next.task.source, slice))) {
      next.reject(new EngineError('ENG_WORKER_FAILED', 'poisoned'));
      this.kill(this.#threads.indexOf(thread));
      return;
    }
    thread.programs ??= this.#load();
    try {
      next.resolve(structuredClone(thread.programs[next.task.source]?.run(next.task) as Reply));
    } catch (error) {
      next.reject(error);
    }
  }
}

const recordsOf = ({ slices }: Task): number =>
  slices.reduce((sum, { firstOffset, nextOffset }) => sum + nextOffset - firstOffset, 0);
