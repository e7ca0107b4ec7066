/**
 * The pool of worker threads: any thread takes any task, since each has compiled the whole plan.
 *
 *     startPool ──▶ one thread loads its modules ──▶ open(program) ──▶ it compiles, the others start
 *
 * So the first thread starts while the main thread finds out what there is to run.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { EngineError, messageOf } from '../errors.ts';
import type { PoolPort } from '../graph/ports.ts';
import type { Reply, Start, Task } from '../../workers/protocol.ts';

/** How the threads are set up. */
export interface ThreadOptions {
  /** Limit of one thread's heap. */
  readonly heapMb?: number;
  /** A task that takes longer has failed, and its thread is ended. */
  readonly deadlineMs?: number;
  /** The file every thread loads, if it is not thread.ts. */
  readonly threadFile?: string;
}

/** What the threads are to run. */
export interface PoolOptions {
  /** What workers/entry compiles (the plan). */
  readonly program: unknown;
  /** Threads. */
  readonly workers: number;
}

/** A pool that has no program yet. */
export interface StartedPool {
  /**
   * Gives the threads their program, once; resolves when the first has compiled it, the others take
   * tasks as soon as they can. Throws EngineError ENG_WORKER_FAILED when it cannot.
   */
  open(options: PoolOptions): Promise<PoolPort>;
  /** Ends the threads, however far they have got; again is no mistake. */
  close(): Promise<void>;
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

/** Starts a thread before there is a program for it: any run needs one at least. */
export function startPool(options: ThreadOptions = {}): StartedPool {
  const { threadFile = ownThreadFile, heapMb = 256, deadlineMs = DEADLINE_MS } = options;
  // A thread gets a copy of this as it is when the thread starts.
  const start: { program: unknown } = { program: null };
  const piscina = new Piscina<Task | Start, Reply>({
    filename: threadFile,
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Infinity,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    env: environment(),
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
  });
  // A thread that fails while it starts rejects no task, and Piscina starts no other one in its
  // place: it only says so. Heard for good: a thread that dies while it is idle is replaced.
  const failure = new Promise<never>((_, reject) => void piscina.on('error', reject));
  failure.catch(() => undefined);
  let isClosed = false;
  const hasClosed = (): boolean => isClosed;
  // Once: a second `destroy` makes Piscina forget the first, and take ended threads for crashed ones.
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    isClosed = true;
    return (closing ??= piscina.destroy());
  };
  return {
    open: async ({ program, workers }) => {
      if (hasClosed()) throw closed();
      start.program = program;
      try {
        await Promise.race([failure, opened(piscina, start, workers)]);
      } catch (cause) {
        if (hasClosed()) throw closed();
        await close();
        throw failed(cause);
      }
      return portOf(piscina, { workers, deadlineMs, isClosed: hasClosed, close });
    },
    close,
  };
}

/**
 * Tells the first thread its program and has the others started. In this order: a thread that started
 * later, with the program, could be ready sooner and take what is for the first.
 */
async function opened(
  piscina: Piscina<Task | Start, Reply>,
  start: Start,
  workers: number,
): Promise<void> {
  await piscina.run(start);
  piscina.options.minThreads = workers;
  piscina.options.maxThreads = workers;
  // Piscina starts a thread for a task that none can take.
  for (let more = 0; more < workers; more++) piscina.run({ program: null }).catch(() => undefined);
}

interface PortOptions {
  readonly workers: number;
  readonly deadlineMs: number;
  readonly isClosed: () => boolean;
  readonly close: () => Promise<void>;
}

function portOf(piscina: Piscina<Task | Start, Reply>, options: PortOptions): PoolPort {
  let underWay = 0;
  return {
    workers: options.workers,
    run: async (task) => {
      if (underWay === MAX_TASKS) {
        throw new EngineError('ENG_INVARIANT', 'engine bug: too many tasks at once');
      }
      underWay++;
      try {
        return await run(piscina, task, options);
      } finally {
        underWay--;
      }
    },
    close: options.close,
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

async function run(
  piscina: Piscina<Task | Start, Reply>,
  task: Task,
  { deadlineMs, isClosed }: PortOptions,
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
