/**
 * A window over the rows of a window (W8), on the main thread: one logical partition, whose records
 * are those rows, in their order, at their window's end − 1 ms; its watermark is how far the window
 * above is closed. So nothing is ever late, and there is nothing to decide that a snapshot of the
 * window above does not hold.
 *
 *     rows of the window above ──▶ partial table ──▶ store.merge
 *     how far it is closed ──────────────────────────▶ store.close ──▶ rows, as far as there is room
 */
import { type Observable, concat, ignoreElements, map, merge, of, tap } from 'rxjs';
import type { PartialColumns } from '../core/window/partial.ts';
import { PartialBuilder } from '../core/window/partial.ts';
import { invariant } from '../errors.ts';
import { type ClosingContext, type WindowStep, closing } from './closing.ts';
import type { Flowing } from './row-flow.ts';
import { type Tally, windowCounts } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** What a window over windows needs besides its state. */
export interface UpperContext extends ClosingContext {
  /** The window whose rows it is over. */
  readonly above: WindowRuntime;
}

/**
 * Takes rows in, and closes when the window above has: `closed$` says so, in the turn in which its
 * rows have come. First comes what the state restored allows.
 */
export function upperFlow(
  rows$: Observable<Flowing>,
  closed$: Observable<unknown>,
  window: WindowRuntime,
  context: UpperContext,
): Observable<WindowStep> {
  const { above, tally } = context;
  const tableOf = openTables(window, above);
  return merge(
    rows$.pipe(
      tap((rows) => take(tableOf(rows), window, tally)),
      ignoreElements(),
    ),
    closing(
      concat(of(null), closed$).pipe(
        map(() => {
          window.store.startAt(above.store.outputStartsAt);
          return above.store.outputWatermark;
        }),
      ),
      window,
      context,
    ),
  );
}

/** Turns rows of the window above into partial tables of `window`; each is valid on its own. */
export function openTables(
  { node, keys }: WindowRuntime,
  above: Pick<WindowRuntime, 'node'>,
): (rows: Flowing) => PartialColumns {
  const builder = new PartialBuilder(node);
  const endSlot = above.node.keys.length + 1;
  return ({ frame: { vectors, length }, selection }) => {
    // O1: rows of one window come together and by key; those of others have another event time.
    const offsets = new Float64Array(length).map((_, row) => row);
    const ends = vectors[endSlot];
    invariant(ends?.kind === 'number', `rows of ${above.node.name} without window_end`);
    builder.add({
      ...{ selection, vectors, partition: 0, offsets },
      keys: keys.idsOf(vectors, selection),
      eventTimes: ends.values.map((end) => end - 1),
      watermarks: new Float64Array(length).fill(-Infinity),
    });
    return builder.take();
  };
}

function take(table: PartialColumns, { node, store, keys }: WindowRuntime, tally: Tally): void {
  const { merged, late, lateIdle } = store.merge(table, -Infinity);
  invariant(late + lateIdle === 0, `rows came late to ${node.name}, a window over windows`);
  windowCounts(tally, node.name).merged += merged;
  if (keys.isCrowded) store.remapKeys(keys.compact(store.liveKeys()));
}
