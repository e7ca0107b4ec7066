/**
 * A window over the rows of windows (W8), on the main thread: each of these is one logical partition,
 * whose records are its rows, in their order, at their window's end − 1 ms; its watermark is how far
 * it is closed. So nothing is ever late, and there is nothing to decide that the snapshot of the
 * windows above does not hold.
 *
 *     rows of the windows above ──▶ partial table ──▶ store.merge
 *     how far all are closed ──────────────────────────▶ store.close ──▶ rows, as far as there is room
 */
import {
  type Observable,
  type Subject,
  concat,
  filter,
  ignoreElements,
  map,
  merge,
  of,
  tap,
} from 'rxjs';
import type { PartialColumns } from '../core/window/partial.ts';
import { PartialBuilder } from '../core/window/partial.ts';
import { invariant } from '../errors.ts';
import { type ClosingContext, type WindowStep, closing } from './closing.ts';
import type { Flowing, WindowRows } from './row-flow.ts';
import { type Tally, windowCounts } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** What a window over windows needs besides its state. */
export interface UpperContext extends ClosingContext {
  /** The windows whose rows it is over, in the order of their names. */
  readonly above: readonly WindowRuntime[];
}

/** What a window tells those over its rows: rows, then that it has closed up to there. */
export type Told = WindowRows | { readonly kind: 'closed' };

/** What each window tells those over its rows, by its name. */
export type Telling = ReadonlyMap<string, Subject<Told>>;

/**
 * Takes rows in, and closes when all windows above have: they say so in the turn in which their
 * rows have come. First comes what the state restored allows.
 */
export function upperFlow(
  told$: Observable<Told>,
  window: WindowRuntime,
  context: UpperContext,
): Observable<WindowStep> {
  const { above, tally } = context;
  const tableOf = openTables(window, above);
  return merge(
    told$.pipe(
      filter((told) => 'rows' in told),
      filter((told) => told.window === window.index),
      tap(({ rows }) => take(tableOf(rows), window, tally)),
      ignoreElements(),
    ),
    closing(
      concat(of(null), told$.pipe(filter((told) => 'kind' in told))).pipe(
        map(() => {
          for (const { store } of above) window.store.startAt(store.outputStartsAt);
          return Math.min(...above.map(({ store }) => store.outputWatermark));
        }),
      ),
      window,
      context,
    ),
  );
}

/** Turns rows of the windows above into partial tables of `window`; each is valid on its own. */
export function openTables(
  { node, keys }: WindowRuntime,
  above: readonly Pick<WindowRuntime, 'node'>[],
): (rows: Flowing) => PartialColumns {
  const builder = new PartialBuilder(node);
  const endSlots = new Map(above.map(({ node: { name, keys: by } }) => [name, by.length + 1]));
  const partitions = new Map(above.map(({ node: { name } }, partition) => [name, partition]));
  return ({ frame: { vectors, length }, selection, stage, of: { frame: from, rows } }) => {
    // O1: rows of one window come together and by key; those of others have another event time.
    const offsets = new Float64Array(length).map((_, row) => row);
    const ends = from.vectors[endSlots.get(stage) ?? -1];
    const partition = partitions.get(stage);
    invariant(ends?.kind === 'number' && partition !== undefined, `rows of ${stage} without end`);
    const endOf = (row: number): number => ends.values[rows?.[row] ?? row] as number;
    builder.add({
      ...{ selection, vectors, partition, offsets },
      keys: keys.idsOf(vectors, selection),
      eventTimes: Float64Array.from({ length }, (_, row) => endOf(row) - 1),
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
