/**
 * One batch of the batch layer: all views of a pipeline over what its bounded sources hold.
 *
 *     rows with a new batch id ──▶ all acknowledged ──▶ pointers ──▶ batches that nobody reads go
 *
 * Readers go by the pointer, so that they see one batch or the other, never part of one. What a run
 * that was stopped has left behind goes with the next.
 */
import { join } from 'node:path';
import { EngineError, messageOf } from '../../errors.ts';
import type { Plan } from '../../plan/planner.ts';
import { lockState, WriteClock } from '../../io/checkpoint/state-directory.ts';
import { connectionOf, keyspaceOf } from '../../io/table/table.ts';
import { openSink } from '../adapters.ts';
import { pipelineDirectory } from '../parts.ts';
import { openReader } from '../query-target.ts';
import { type RunOptions, runPipeline } from '../run.ts';
import type { Summary } from '../summary.ts';
import { batchNode, engineContext, keyspaceKey, rowsOf } from './engine-tables.ts';
import { type BatchPointer, readPointer } from './pointer.ts';
import { BATCH_ID, type View, viewPlan, viewsOf } from './view-plan.ts';

/** How to run a batch; `stop` leaves the views as they are. */
export type RecomputeOptions = Pick<
  RunOptions,
  'project' | 'workers' | 'pool' | 'stop' | 'onNotice' | 'onProgress'
>;

/** What came of a batch. */
export interface Recomputed {
  /** The plan that ran. */
  readonly plan: Plan;
  readonly summary: Summary;
  /** The views that readers see now, and up to where the batch is complete, epoch ms. */
  readonly swapped: readonly { readonly table: string; readonly completeUntil: number }[];
}

interface Batch {
  readonly plan: Plan;
  readonly id: number;
  /** The valid batches before this one, by table. */
  readonly before: ReadonlyMap<View, BatchPointer | null>;
}

/**
 * Computes the views of a plan anew and swaps them in. The plan's sources must be bounded.
 * @throws EngineError ENG_CLI_USAGE when the pipeline has no views or a source does not end
 */
export async function recomputeViews(plan: Plan, options: RecomputeOptions): Promise<Recomputed> {
  const endless = plan.sources.find(({ bounded }) => !bounded);
  if (endless !== undefined) {
    throw new EngineError(
      'ENG_CLI_USAGE',
      `source ${endless.name} does not end: batch views are computed from bounded input`,
    );
  }
  const views = viewsOf(plan);
  const { project, onNotice } = options;
  const directory = pipelineDirectory(viewPlan(plan, views, 0), project);
  // Of two batches at once, the one that ends last would point to rows the other has removed.
  const unlock = lockState(join(directory, 'views'), `${plan.name} (batch views)`);
  try {
    const before = await pointersOf(views, options);
    const id = nextId([...before.values()]);
    const batch: Batch = { plan: viewPlan(plan, views, id), id, before };
    const summary = await runPipeline(batch.plan, {
      ...options,
      fresh: true,
      until: null,
      tellsFrontiers: false,
    });
    if (!summary.finished) {
      onNotice('stopped before the end: the batch views are as they were');
      return { plan: batch.plan, summary, swapped: [] };
    }
    const reached = views.flatMap((view) => {
      const completeUntil = summary.readUpTo[view.stage] ?? null;
      if (completeUntil === null)
        onNotice(`nothing to read: the view of ${view.table} stays as it was`);
      return completeUntil === null ? [] : [{ view, completeUntil }];
    });
    await swap(reached, batch, options);
    for (const { view } of reached) await removeOld(view, batch, options);
    const swapped = reached.map(({ view, completeUntil }) => ({
      table: view.table,
      completeUntil,
    }));
    return { plan: batch.plan, summary, swapped };
  } finally {
    unlock();
  }
}

async function pointersOf(
  views: readonly View[],
  { project, onNotice }: RecomputeOptions,
): Promise<Map<View, BatchPointer | null>> {
  const pointers = new Map<View, BatchPointer | null>();
  for (const view of views) {
    const reader = await openReader(view.sink, project, onNotice);
    try {
      pointers.set(view, await readPointer(reader, view.table));
    } finally {
      await reader.close();
    }
  }
  return pointers;
}

/** Ids rise, whatever happens to the clock: microseconds, the last three digits by chance. */
function nextId(before: readonly (BatchPointer | null)[]): number {
  const now = Date.now() * 1_000 + Math.floor(Math.random() * 1_000);
  return Math.max(now, ...before.map((pointer) => (pointer?.batchId ?? 0) + 1));
}

/** Names the new batch the valid one: a row a view, which readers see whole or not at all. */
async function swap(
  reached: readonly { readonly view: View; readonly completeUntil: number }[],
  { plan, id, before }: Batch,
  { project, onNotice }: RecomputeOptions,
): Promise<void> {
  const clock = new WriteClock(pipelineDirectory(plan, project), () => Date.now());
  const context = engineContext({
    pipeline: plan.name,
    signal: new AbortController().signal,
    onNotice,
    nextWriteTimestamp: (rows) => clock.take(rows),
  });
  const byKeyspace = Map.groupBy(reached, ({ view }) => keyspaceKey(view.sink.connector));
  for (const [first, ...others] of byKeyspace.values()) {
    if (first === undefined) continue;
    const node = batchNode(first.view.sink.connector);
    const port = await openSink(node, context, project);
    try {
      await port.open(null);
      const rows = [first, ...others].map(({ view, completeUntil }) => [
        view.table,
        id,
        before.get(view)?.batchId ?? null,
        completeUntil,
      ]);
      await Promise.all([port.write(rowsOf(node, rows)), port.flush()]);
    } finally {
      await port.close();
    }
  }
}

/** Removes all batches but the new one and the one before it, which readers may be under way in. */
async function removeOld(
  view: View,
  { plan, id, before }: Batch,
  { project, onNotice }: RecomputeOptions,
): Promise<void> {
  const connection = connectionOf(view.sink);
  const old = {
    table: view.viewTable,
    column: BATCH_ID,
    before: id,
    keep: before.get(view)?.batchId ?? null,
  };
  try {
    if (view.sink.connector.kind === 'sqlite') {
      const { removeOldBatches } = await import('../../io/embedded/batch-views.ts');
      const keyspace = keyspaceOf(connection);
      await removeOldBatches(join(project, '.engine'), { ...old, keyspace }, onNotice);
      return;
    }
    const { removeOldBatches } = await import('../../io/cassandra/batch-views.ts');
    const clock = new WriteClock(pipelineDirectory(plan, project), () => Date.now());
    const signal = new AbortController().signal;
    const timestamp = clock.take(1);
    await removeOldBatches(connection, { ...old, timestamp }, { signal, onNotice });
  } catch (error) {
    // The views are right; what is left over goes with the next batch.
    onNotice(`could not remove old batches from ${view.viewTable}: ${messageOf(error)}`);
  }
}
