/**
 * The pool of worker threads: any thread takes any task, since each has compiled the whole plan.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { EngineError, messageOf } from '../errors.ts';
import type { PoolPort } from '../graph/ports.ts';
import type { Reply, Task } from '../../workers/protocol.ts';

/** How the pool is set up; `program` is what workers/entry compiles (the plan), JSON. */
export interface PoolOptions {
  readonly program: unknown;
  /** Threads. */
  readonly workers: number;
  /** Limit of one thread's heap. */
  readonly heapMb?: number;
  /** A task that takes longer has failed, and its thread is ended. */
  readonly deadlineMs?: number;
  /** The file every thread loads, if it is not thread.ts. */
  readonly threadFile?: string;
}

/**
 * Tasks under way, at most: the graph keeps far fewer. Counted here, since Piscina's `maxQueue` does
 * not count tasks that have a signal.
 */
const MAX_TASKS = 1024;
/**
 * A thread's objects live as long as a batch and its columns are not in the heap: more room for the
 * young takes memory (60 MiB where many letters pass) and saves no time.
 */
const YOUNG_MB = 12;
/** A frame takes some milliseconds; a thread of a machine that was asleep may take longer. */
const DEADLINE_MS = 60_000;

/** `thread.ts` in a checkout, `thread.js` in the published package: the only place that must know. */
const ownThreadFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url),
);

/**
 * Starts the threads and waits until each has compiled its program. Throws EngineError
 * ENG_WORKER_FAILED when one cannot start.
 */
export async function openPool(options: PoolOptions): Promise<PoolPort> {
  const { program, workers, threadFile = ownThreadFile } = options;
  const { heapMb = 256, deadlineMs = DEADLINE_MS } = options;
  const piscina = new Piscina<Task | null, Reply>({
    filename: threadFile,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    env: environment(),
    workerData: program,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
  });
  await started(piscina, workers);
  let isClosed = false;
  let underWay = 0;
  return {
    workers,
    run: async (task) => {
      if (underWay === MAX_TASKS) {
        throw new EngineError('ENG_INVARIANT', 'engine bug: too many tasks at once');
      }
      underWay++;
      try {
        return await run(piscina, task, { deadlineMs, isClosed: () => isClosed });
      } finally {
        underWay--;
      }
    },
    close: async () => {
      isClosed = true;
      await piscina.destroy();
    },
  };
}

/**
 * Nothing of the process's environment, but where compiled modules are kept (if bin.js has them
 * kept): threads start in half the time and memory with it.
 */
function environment(): Record<string, string> {
  const versioned = getCompileCacheDir();
  return versioned === undefined ? {} : { NODE_COMPILE_CACHE: dirname(versioned) };
}

/**
 * Resolves when as many tasks as there are threads have been done. A thread that fails while it
 * starts rejects no task, and Piscina starts no other one in its place: it only says so.
 */
async function started(piscina: Piscina<Task | null, Reply>, workers: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      // Kept for good: a thread that dies while it is idle is replaced.
      piscina.on('error', reject);
      const done = Array.from({ length: workers }, () => piscina.run(null));
      Promise.all(done).then(() => resolve(), reject);
    });
  } catch (cause) {
    await piscina.destroy();
    throw failed(cause);
  }
}

async function run(
  piscina: Piscina<Task | null, Reply>,
  task: Task,
  { deadlineMs, isClosed }: { deadlineMs: number; isClosed: () => boolean },
): Promise<Reply> {
  if (isClosed()) throw closed();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    return await piscina.run(task, {
      transferList: [task.buffer],
      signal: deadline.signal,
    } as never);
  } catch (cause) {
    if (isClosed()) throw closed();
    throw failed(deadline.signal.aborted ? `no answer within ${deadlineMs / 1000} s` : cause);
  } finally {
    clearTimeout(timer);
  }
}

const closed = (): EngineError =>
  new EngineError('ENG_RUN_STOPPED', 'the worker threads have ended');

const failed = (cause: unknown): EngineError =>
  new EngineError('ENG_WORKER_FAILED', `a worker thread failed: ${messageOf(cause)}`, {
    retryable: true,
    cause,
  });
