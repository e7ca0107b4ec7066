/**
 * One window stage on the main thread: partial tables in, rows of closed windows out.
 *
 *     merged ──▶ store.merge ──▶ store.close(frontier) ──▶ rows, as far as there is room for them
 *                     └─▶ late records: their dead letters, read again where the worker
 *                         could not know that they are late
 */
import {
  EMPTY,
  type Observable,
  concat,
  concatMap,
  connect,
  defer,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
} from 'rxjs';
import type { Vector } from '../core/batch.ts';
import type { ClosedWindows } from '../core/window/closed-windows.ts';
import type { OpenWindows } from '../core/window/open-windows.ts';
import type { WindowNode } from '../plan/planner.ts';
import type { KeySpace } from './key-space.ts';
import { type LateReader, type LateSlice, lateSlice, lettersAgain } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged, MergedSlice } from './merged.ts';
import { paced } from './operators/paced.ts';
import { type Tally, countLetters, partitionCounts, windowCounts } from './tally.ts';
import { failureLetters } from './window-letters.ts';

/** A window stage at run time. */
export interface WindowRuntime {
  readonly node: WindowNode;
  /** Index in plan.stages. */
  readonly index: number;
  readonly store: OpenWindows;
  readonly keys: KeySpace;
}

/** What a window stage gives. */
export type WindowStep =
  | { readonly kind: 'rows'; readonly rows: WindowFrame }
  /** The store has closed further; its rows have come before. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'letters'; readonly letters: LetterBatch };

/** Rows of closed windows as a frame: keys, window_start, window_end, results. */
export interface WindowFrame {
  readonly length: number;
  readonly vectors: readonly Vector[];
}

/** What a window stage needs besides its state. */
export interface WindowContext {
  readonly tally: Tally;
  readonly late: LateReader;
  /** Takes a snapshot; resolves when it is on disk. */
  readonly durable: () => Promise<void>;
  /** True while rows wait for their acknowledgement: no window is closed meanwhile. */
  readonly hold$: Observable<boolean>;
  /** Everything up to here may be closed before anything comes: what a snapshot had decided. */
  readonly startFrontier: number;
}

/** Closing gives at most about this many rows at once: between two portions room is looked for. */
const ROWS_AT_ONCE = 5_000;

/** Merges and closes: first what the state restored allows, then what merged slices and time allow. */
export function windowFlow(
  merged$: Observable<Merged>,
  window: WindowRuntime,
  context: WindowContext,
): Observable<WindowStep> {
  return merged$.pipe(
    connect((shared$) =>
      // In this order: a batch is merged first, then it moves the frontier.
      merge(
        shared$.pipe(
          mergeMap(({ slices, startsAt }) => {
            window.store.startAt(startsAt);
            return slices.flatMap((slice) => mergeSlice(slice, window, context));
          }),
          lettersAgain(context.late),
          map((letters): WindowStep => ({ kind: 'letters', letters })),
        ),
        concat(
          of(Math.max(context.startFrontier, window.store.forcedFrontier)),
          // One after the other: what a forced frontier condemns must not leave by the next batch's
          // settled one before the snapshot that holds the verdict.
          shared$.pipe(
            map(({ watermark, forced }) => ({ watermark, forced })),
            concatMap((frontiers) => frontiersOf(frontiers, window, context)),
          ),
        ).pipe(
          concatMap((to) => paced(closeUpTo(to, window, context), context.hold$)),
          mergeMap((steps) => steps),
        ),
      ),
    ),
  );
}

/** Merges a slice; what it gives are its late records: as letters, or where they are to be read. */
function mergeSlice(
  slice: MergedSlice,
  { node, index, store, keys }: WindowRuntime,
  { tally, late }: WindowContext,
): (LetterBatch | LateSlice)[] {
  const { reply, watermarkBefore } = slice;
  const counts = windowCounts(tally, node.name);
  const at = { source: late.rescue.name, partition: reply.partition };
  let unseen = 0;
  for (const table of reply.partials) {
    if (table.stage !== index) continue;
    const merge = store.merge(table, watermarkBefore);
    keys.merged(table);
    counts.merged += merge.merged;
    counts.late += merge.late;
    counts.latePartial += merge.latePartial + merge.latePartialIdle;
    counts.lateIdle += merge.lateIdle;
    partitionCounts(tally, at.source, at.partition).late += merge.late + merge.lateIdle;
    unseen += merge.unseen;
    if (node.late === 'dead_letter') {
      // Here and not when they are written, so that a snapshot counts what it has merged.
      countLetters(tally, 'LATE', merge.late, at);
      countLetters(tally, 'LATE_IDLE', merge.lateIdle, at);
    }
  }
  if (keys.isCrowded) store.remapKeys(keys.compact(store.liveKeys()));
  if (node.late === 'drop') return [];
  if (unseen > 0) return [lateSlice(slice, { node, index, closedUpTo: store.frontier }, late)];
  const letters = reply.letters.filter(({ code, stage }) => code === 'LATE' && stage === node.name);
  return letters.length === 0 ? [] : [{ letters, isCounted: true }];
}

/** Up to where windows may be closed after a batch; a forced frontier first goes into a snapshot. */
function frontiersOf(
  { watermark, forced }: Pick<Merged, 'watermark' | 'forced'>,
  { store }: WindowRuntime,
  { durable }: WindowContext,
): Observable<number> {
  if (forced === null) return of(watermark);
  return concat(
    of(watermark),
    defer(() => {
      if (forced <= store.closedFrontier || !store.passesAnEnd(forced)) return EMPTY;
      store.force(forced);
      return concat(from(durable()).pipe(ignoreElements()), of(forced));
    }),
  );
}

/** What every portion of closed windows gives, all of it at once: it has left the state. */
export function* closeUpTo(
  frontier: number,
  window: WindowRuntime,
  { tally }: Pick<WindowContext, 'tally'>,
): Generator<WindowStep[]> {
  const { store, node, keys } = window;
  const counts = windowCounts(tally, node.name);
  for (let more = frontier > store.closedFrontier; more;) {
    const closed = store.close(frontier, ROWS_AT_ONCE);
    more = closed.more;
    counts.emitted += closed.length;
    counts.failed += closed.failures.length;
    counts.partialStart = store.counters.partialStart.groups;
    const steps: WindowStep[] = [];
    if (closed.failures.length > 0) {
      steps.push({ kind: 'letters', letters: failureLetters(closed.failures, node, keys) });
    }
    if (closed.length > 0) steps.push({ kind: 'rows', rows: frameOf(closed, keys) });
    steps.push({ kind: 'closed' });
    yield steps;
  }
}

/** Closed windows as a frame with the slots of WindowNode. */
export function frameOf(closed: ClosedWindows, keys: KeySpace): WindowFrame {
  const { length, windowStart, windowEnd, vectors } = closed;
  const time = (values: Float64Array): Vector => ({ kind: 'number', values, valid: null });
  return {
    length,
    vectors: [...keys.vectorsOf(closed.keys), time(windowStart), time(windowEnd), ...vectors],
  };
}
