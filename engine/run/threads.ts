/**
 * The worker threads of a run, and the plan as they were given it. They take as long to start as the
 * main thread takes to load what feeds them, so that a command starts the first before it has a plan,
 * and opens them as soon as it has one.
 */
import { availableParallelism } from 'node:os';
import type { PoolPort } from '../graph/ports.ts';
import type { Plan } from '../plan/planner.ts';
import { type StartedPool, startPool } from '../pool/pool.ts';
import { withTables } from './lookups.ts';
import { workerProgram } from './worker-program.ts';

/** Threads that have started, or are about to. */
export interface Threads {
  /** With the tables of its lookups. */
  readonly plan: Plan;
  /** Rejects when one cannot start. */
  readonly pool: Promise<PoolPort>;
}

/** What threads are opened with. */
export interface ThreadsOptions {
  readonly project: string;
  readonly workers: number | null;
  /** Started before; it is closed with the threads. */
  readonly pool?: StartedPool | undefined;
}

const MOST_THREADS = 8;

/**
 * Worker threads for a plan, unless told: a broker's data keep the main thread as busy as a worker,
 * so that one core is left for it (measured on two: the same rate, a tenth less processor time and
 * memory); files leave it idle.
 */
export function threadsFor({ sources }: Pick<Plan, 'sources'>, cores: number): number {
  const own = sources.every(({ bounded }) => bounded) ? 0 : 1;
  return Math.max(1, Math.min(cores - own, MOST_THREADS));
}

/** Reads the tables and starts the threads. Throws EngineError ENG_FILE_READ for a table. */
export async function openThreads(
  written: Plan,
  { project, workers, pool: started }: ThreadsOptions,
): Promise<Threads> {
  const plan = await withTables(written, project);
  const pool = (started ?? startPool()).open({
    program: workerProgram(plan),
    workers: workers ?? threadsFor(plan, availableParallelism()),
  });
  // Whoever waits for it is told; until then it must not end the process.
  pool.catch(() => undefined);
  return { plan, pool };
}

/** Ends threads, however far they have got. */
export async function closeThreads(opening: Promise<Threads>): Promise<void> {
  const threads = await opening.catch(() => null);
  await (await threads?.pool.catch(() => null))?.close();
}
