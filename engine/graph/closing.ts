/**
 * When a window stage gives rows: final ones as its frontier moves on, and before them provisional
 * ones where it has `emit` (W5), by the frontier and by the clock.
 *
 *     frontier  ──10──────20──────────30──▶
 *     final       [rows]    [rows]      [rows]
 *     on_end             (ended, in grace)         once at the end, again when changed, each second
 *     ticks     ────t─────────t────────▶
 *     every         (open)    (open)               those that have changed
 */
import {
  EMPTY,
  type Observable,
  connect,
  endWith,
  ignoreElements,
  map,
  merge,
  mergeMap,
  takeUntil,
  tap,
} from 'rxjs';
import type { Vector } from '../core/batch.ts';
import type { ClosedWindows } from '../core/window/closed-windows.ts';
import type { ChangedWindows } from '../core/window/open-windows.ts';
import type { WindowNode } from '../plan/planner.ts';
import type { KeySpace } from './key-space.ts';
import type { LetterBatch } from './letter-batch.ts';
import { oneByOne } from './operators/one-by-one.ts';
import { paced } from './operators/paced.ts';
import { type Tally, windowCounts } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';
import { failureLetters } from './window-letters.ts';

/** What a window stage gives. */
export type WindowStep =
  | { readonly kind: 'rows'; readonly rows: WindowFrame }
  /** Rows of open windows: a later row replaces each of them. */
  | { readonly kind: 'provisional'; readonly rows: WindowFrame }
  /** The store has closed further; its rows have come before. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'letters'; readonly letters: LetterBatch };

/** Rows of closed windows as a frame: keys, window_start, window_end (see WindowNode), results. */
export interface WindowFrame {
  readonly length: number;
  readonly vectors: readonly Vector[];
}

/** What closing needs besides the state. */
export interface ClosingContext {
  readonly tally: Tally;
  /** True while rows wait for their acknowledgement: no window is closed meanwhile. */
  readonly hold$: Observable<boolean>;
  /** Emits every so many ms of processing time. */
  readonly ticks$: (everyMs: number) => Observable<unknown>;
}

/** Closing gives at most about this many rows at once: between two portions room is looked for. */
const ROWS_AT_ONCE = 5_000;

/** Windows that have ended and change are given again so often at most (W5). */
const AGAIN_MS = 1000;

/** Closes up to each frontier in turn; ends with the frontiers. */
export function closing(
  frontier$: Observable<number>,
  window: WindowRuntime,
  context: ClosingContext,
): Observable<WindowStep> {
  const { emit } = window.node;
  let reached = -Infinity;
  const again = (): Iterable<WindowStep[]> =>
    changed(window, { endedBy: emit === 'on_end' ? reached : Infinity, onlyNew: false });
  return frontier$.pipe(
    tap((frontier) => (reached = Math.max(reached, frontier))),
    connect((to$) =>
      merge(
        to$.pipe(map((to) => () => closeUpTo(to, window, context.tally))),
        ticksOf(emit, context).pipe(
          map(() => again),
          takeUntil(to$.pipe(ignoreElements(), endWith(null))),
        ),
      ),
    ),
    oneByOne((steps) => paced(steps(), context.hold$)),
    mergeMap((steps) => steps),
  );
}

function ticksOf(emit: WindowNode['emit'], { ticks$ }: ClosingContext): Observable<unknown> {
  if (emit === 'final') return EMPTY;
  return ticks$(emit === 'on_end' ? AGAIN_MS : emit.everyMs);
}

/** What every portion of closed windows gives, all of it at once: it has left the state. */
function* closeUpTo(
  frontier: number,
  window: WindowRuntime,
  tally: Tally,
): Generator<WindowStep[]> {
  const { store, node, keys } = window;
  const counts = windowCounts(tally, node.name);
  for (let more = store.isDue(frontier); more;) {
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
  if (node.emit === 'on_end') yield* changed(window, { endedBy: frontier, onlyNew: true });
}

/** Rows of open windows that have changed; what fails in them is reported when they close. */
function* changed({ store, keys }: WindowRuntime, which: ChangedWindows): Generator<WindowStep[]> {
  const rows = store.takeChanged?.(which);
  if (rows === undefined || rows.length === 0) return;
  yield [{ kind: 'provisional', rows: frameOf(rows, keys) }];
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
