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
  connect,
  defer,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
} from 'rxjs';
import type { StageClock } from '../core/time/stage-clock.ts';
import type { SourceTimes } from '../core/time/watermark.ts';
import { joinTables } from '../core/window/partial-join.ts';
import type { OpenWindows } from '../core/window/open-windows.ts';
import type { WindowNode } from '../plan/planner.ts';
import type { PartialTable } from '../../workers/protocol.ts';
import { type ClosingContext, type WindowStep, closing } from './closing.ts';
import type { KeySpace } from './key-space.ts';
import { type LateReader, type LateSlice, lateSlice, lettersAgain } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged, MergedSlice } from './merged.ts';
import { oneByOne } from './operators/one-by-one.ts';
import { countLetters, partitionCounts, windowCounts } from './tally.ts';

/** A window stage at run time. */
export interface WindowRuntime {
  readonly node: WindowNode;
  /** Index in plan.stages. */
  readonly index: number;
  readonly store: OpenWindows;
  readonly keys: KeySpace;
}

/** What a window stage needs besides its state. */
export interface WindowContext extends ClosingContext {
  /** Tells late records of a source, by its name. */
  readonly late: (source: string) => LateReader;
  /** Takes a snapshot; resolves when it is on disk. */
  readonly durable: () => Promise<void>;
  /**
   * As the state restored has it: everything up to there may be closed before anything comes. From
   * there on the flow moves it.
   */
  readonly clock: StageClock;
  /** How far it may close for the sake of records that wait in dedups above. */
  readonly heldFrom: () => number;
}

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
          mergeMap(({ source, slices, startsAt }) => {
            window.store.startAt(startsAt);
            const late = context.late(source);
            return slices.flatMap((slice) => mergeSlice(slice, window, { ...context, late }));
          }),
          lettersAgain(),
          map((letters): WindowStep => ({ kind: 'letters', letters })),
        ),
        closing(
          concat(
            of(Math.max(settledFrontier(context), window.store.forcedFrontier)),
            // One after the other: what a forced frontier condemns must not leave by the next batch's
            // settled one before the snapshot that holds the verdict. None goes back, so the last of those
            // that wait says what all of them do, however long a sink keeps the snapshot waiting.
            shared$.pipe(
              map(({ source, times }) => frontiersAfter(source, times, context)),
              oneByOne((frontiers) => frontiersOf(frontiers, window, context), 'latest'),
            ),
          ),
          window,
          context,
        ),
      ),
    ),
  );
}

/** Merges a slice; what it gives are its late records: as letters, or where they are to be read. */
function mergeSlice(
  slice: MergedSlice,
  { node, index, store, keys }: WindowRuntime,
  { tally, late }: Pick<WindowContext, 'tally'> & { readonly late: LateReader },
): (LetterBatch | LateSlice)[] {
  const { reply, watermarkBefore } = slice;
  const counts = windowCounts(tally, node.name);
  const at = { source: late.rescue.name, partition: reply.partition };
  const found = { late: 0, lateIdle: 0 };
  let unseen = 0;
  for (const table of tablesOf(reply.partials, { node, index })) {
    const merge = store.merge(table, watermarkBefore);
    counts.merged += merge.merged;
    counts.late += merge.late;
    counts.latePartial += merge.latePartial + merge.latePartialIdle;
    counts.lateIdle += merge.lateIdle;
    partitionCounts(tally, at.source, at.partition).late += merge.late + merge.lateIdle;
    // Below a dedup this thread has found them all, and asks for their bytes (wanted-letters.ts).
    if (slice.own?.has(table) !== true) {
      unseen += merge.unseen;
      found.late += merge.late;
      found.lateIdle += merge.lateIdle;
    }
    if (node.late === 'dead_letter') {
      // Here and not when they are written, so that a snapshot counts what it has merged.
      countLetters(tally, 'LATE', merge.late, at);
      countLetters(tally, 'LATE_IDLE', merge.lateIdle, at);
    }
  }
  for (const table of reply.partials) if (table.stage === index) keys.merged(table);
  if (keys.isCrowded) store.remapKeys(keys.compact(store.liveKeys()));
  if (node.late === 'drop') return [];
  if (unseen > 0) {
    return [lateSlice(slice, { node, index, closedUpTo: store.frontier, ...found }, late)];
  }
  const letters = reply.letters.filter(({ code, stage }) => code === 'LATE' && stage === node.name);
  return letters.length === 0 ? [] : [{ letters, isCounted: true }];
}

/** The tables of a window: one where it counts, since records count in one order wherever they come from. */
function tablesOf(
  partials: readonly PartialTable[],
  { node, index }: Pick<WindowRuntime, 'node' | 'index'>,
): PartialTable[] {
  const [first, ...others] = partials.filter(({ stage }) => stage === index);
  if (first === undefined) return [];
  if (node.shape.kind !== 'count') return [first, ...others];
  return [{ ...first, ...joinTables([first, ...others]) }];
}

/** Up to where windows may be closed: `watermark` owes nothing to idleness, `forced` does (T5). */
interface Frontiers {
  readonly watermark: number;
  readonly forced: number | null;
}

function frontiersAfter(source: string, times: SourceTimes, context: WindowContext): Frontiers {
  const { clock, heldFrom } = context;
  clock.hear(source, times);
  const forced = clock.forced();
  return {
    watermark: settledFrontier(context),
    forced: forced === null ? null : Math.min(forced, heldFrom()),
  };
}

const settledFrontier = ({ clock, heldFrom }: WindowContext): number =>
  Math.min(clock.settled(), heldFrom());

/** The frontiers in turn; a forced one first goes into a snapshot. */
function frontiersOf(
  { watermark, forced }: Frontiers,
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
