/**
 * Runs one pipeline.
 *
 *     starting ──▶ running ──▶ draining ──▶ stopped
 *         └───────────┴───────────┴──▶ (throws)
 *
 * starting   lock, threads, snapshot, tables, positions: open.ts
 * running    the graph is subscribed; snapshots are taken every checkpoint.every
 * draining   sources are told to stop (Ctrl-C, --until) or have ended: what is on its way is
 *            finished, flushed and acknowledged, then a last snapshot is taken
 */
import { type Observable, lastValueFrom } from 'rxjs';
import { loadExtensions } from '../core/extension/load.ts';
import { messageOf } from '../errors.ts';
import { buildGraph, provisionalRows } from '../graph/build.ts';
import { checkLedger } from '../graph/residue.ts';
import { total } from '../graph/tally.ts';
import { lockState } from '../io/checkpoint/state-directory.ts';
import type { Plan } from '../plan/planner.ts';
import { checkLimits } from './limits.ts';
import { type Ends, Monitor } from './monitor.ts';
import { type OpenOptions, type OpenRun, openRun } from './open.ts';
import { pipelineDirectory } from './parts.ts';
import type { Progress } from './progress.ts';
import { STATUS_MS, StatusFile, type StatusNow } from './status-file.ts';
import { summarize } from './summarize.ts';
import type { Summary } from './summary.ts';
import { type Threads, closeThreads, openThreads } from './threads.ts';
import { Timers } from './timers.ts';

/** When a run ends by itself. */
export type Until =
  /** At the ends of the logs as they are at the start, or once `after` resolves. */
  | { readonly kind: 'end'; readonly after?: Promise<unknown> }
  | { readonly kind: 'after'; readonly ms: number };

/** How to run. `project` is the root that state and relative paths are below. */
export interface RunOptions extends OpenOptions {
  readonly until: Until | null;
  /** Aborting drains the run. */
  readonly stop: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const PROGRESS_MS = 500;
const END_CHECK_MS = 20;
const LAG_MS = 2000;
/** How long a run that has failed waits for its sinks. */
const LAST_WRITES_MS = 5000;

/** Runs a pipeline to its end or until it is stopped. Throws EngineError when it fails. */
export async function runPipeline(plan: Plan, options: RunOptions): Promise<Summary> {
  const ending = new AbortController();
  const reading = new AbortController();
  const directory = pipelineDirectory(plan, options.project);
  const closers: (() => unknown)[] = [() => ending.abort()];
  const own = (threads: Promise<Threads>): Promise<Threads> => {
    closers.push(() => closeThreads(threads));
    return threads;
  };
  const early = options.threads === undefined ? null : own(options.threads);
  const status = new StatusFile(directory, plan.name);
  let look: (() => StatusNow) | null = null;
  const startedMs = performance.now();
  try {
    closers.unshift(lockState(directory, plan.name));
    const scope = { closers, signal: ending.signal, reading: reading.signal };
    await loadExtensions(plan.extensions ?? []);
    const run = await openRun(await (early ?? own(openThreads(plan, options))), options, scope);
    const { parts, checkpointer, meter, resumed } = run;
    const before = { records: total(parts.tally.records) };
    const monitor = new Monitor(parts);
    const lookNow = (): StatusNow => ({
      progress: monitor.look(),
      partitions: monitor.partitions(),
      checkpoints: checkpointer.statistics,
    });
    look = lookNow;
    const natural = await flow(run, options, monitor, {
      stopReading: () => reading.abort(),
      report: () => status.write(lookNow()),
    });
    monitor.state = 'draining';
    await checkpointer.take(natural);
    // Everything is acknowledged. What is written below is of windows that stay open.
    checkLedger(parts);
    const isTimed = parts.windows.some(({ node }) => node.shape.kind !== 'count');
    const provisional = isTimed && !natural && options.until?.kind === 'end';
    if (provisional) {
      await Promise.all([
        toEnd(provisionalRows(parts)),
        ...parts.sinks.map((sink) => sink.flush()),
      ]);
    }
    monitor.state = 'stopped';
    options.onProgress(monitor.look());
    await status.write(look());
    const elapsedMs = performance.now() - startedMs;
    const costs = { usage: meter.look(), statistics: checkpointer.statistics };
    return summarize({ parts, before, natural, provisional, elapsedMs, resumed, ...costs });
  } catch (error) {
    // Sinks that are out must not hold the end up: what they do not take now, the next start makes again.
    setTimeout(() => ending.abort(), LAST_WRITES_MS).unref();
    if (look !== null) await status.write(look(), messageOf(error)).catch(() => undefined);
    throw error;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Runs the graph until nothing is on its way any more; true when the sources ended by themselves. */
async function flow(
  { parts, checkpointer }: OpenRun,
  { until, stop, onProgress }: RunOptions,
  monitor: Monitor,
  { stopReading, report }: { stopReading: () => void; report: () => Promise<void> },
): Promise<boolean> {
  const timers = new Timers();
  let stopped = false;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const drain = (): void => {
        if (stopped) return;
        stopped = true;
        monitor.state = 'draining';
        stopReading();
        for (const sink of parts.sinks) sink.flush().catch(reject);
      };
      timers.own(buildGraph(parts).subscribe({ error: reject, complete: () => resolve(!stopped) }));
      timers.every(parts.plan.checkpoint.everyMs, () => checkpointer.tick().catch(reject));
      timers.every(PROGRESS_MS, () => {
        onProgress(monitor.look());
        const over = checkLimits(parts);
        if (over !== null) checkpointer.take().then(() => reject(over), reject);
      });
      timers.every(LAG_MS, () => monitor.refreshEnds());
      const write = (): void => void report().catch(reject);
      write();
      timers.every(STATUS_MS, write);
      if (until?.kind === 'after') timers.after(until.ms, drain);
      // Bounded sources end by themselves (T7).
      if (until?.kind === 'end' && parts.sources.some(({ node }) => !node.bounded)) {
        const ends = Promise.resolve(until.after).then(() => monitor.endsNow());
        const watch = (known: Ends): void =>
          timers.every(END_CHECK_MS, () => monitor.reached(known) && drain());
        ends.then(watch, reject);
      }
      stop.addEventListener('abort', drain, { once: true });
      if (stop.aborted) drain();
    });
  } finally {
    timers.close();
  }
}

const toEnd = (flow$: Observable<never>): Promise<null> =>
  lastValueFrom(flow$, { defaultValue: null });
