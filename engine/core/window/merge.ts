/** Merging a worker's partial table into the panes, and deciding what is late (W2, W4). */
import type { Packed } from '../packed.ts';
import { CollectionColumn } from '../aggregate/collection-column.ts';
import type { Layout } from '../aggregate/layout.ts';
import { statesOf } from '../aggregate/layout.ts';
import type { MergeSource, RowRange } from './group-table.ts';
import { LateTable } from './late-table.ts';
import type { PaneList } from './pane-list.ts';
import type { PartialColumns } from './partial.ts';
import type { WindowAssigner } from './window.ts';

/** Records of one merged table by what became of them. */
export interface MergeCounts {
  /** Counted in at least one window. */
  readonly merged: number;
  /** Of the merged: late for some of their windows by their own partition (W2). */
  readonly latePartial: number;
  /** Of the merged: kept out of some windows that only idleness had closed (W4). */
  readonly latePartialIdle: number;
  /** Late for all windows by their own partition. */
  readonly late: number;
  /** Late for all windows, some of which only idleness had closed. */
  readonly lateIdle: number;
  /**
   * Of `late` and `lateIdle`: records that the worker took for timely, so that their bytes have to
   * be read again for dead letters.
   */
  readonly unseen: number;
  /** Windows in which the merged records count, summed over the records. */
  readonly contributed: number;
}

/** Where a table is merged into. */
export interface MergeTarget {
  readonly layout: Layout;
  readonly assigner: WindowAssigner;
  readonly panes: PaneList;
  readonly graceMs: number;
  /** Windows up to here are closed, or condemned by idleness. */
  readonly frontier: number;
  /** What panes that change are marked with (W5). */
  readonly turn: number;
}

/** Rows [from, until) of a table have one pane and one skip. */
interface Run extends RowRange {
  readonly pane: number;
  readonly skip: number;
}

/**
 * Merges a table with global key ids. `watermarkBefore` is the watermark of the partition before the
 * slice: together with the table's skips it is the watermark before each record, since the number of
 * late windows only grows with the watermark. O(rows · accumulators).
 */
export function mergeTable(
  target: MergeTarget,
  table: PartialColumns,
  watermarkBefore: number,
): MergeCounts {
  const source = sourceOf(target.layout, table);
  const { records } = source;
  const counts = {
    merged: 0,
    latePartial: 0,
    latePartialIdle: 0,
    late: 0,
    lateIdle: 0,
    unseen: 0,
    contributed: 0,
  };
  for (let from = 0; from < table.length;) {
    const run = runAt(table, from);
    const { windows, own, final } = skipsOf(target, run, watermarkBefore);
    let size = 0;
    for (let row = from; row < run.until; row++) size += records[row] as number;
    if (final < windows) {
      addRun(target, source, { ...run, skip: final });
      counts.merged += size;
      counts.contributed += size * (windows - final);
      if (own > 0) counts.latePartial += size;
      if (final > own) counts.latePartialIdle += size;
    } else {
      if (own === windows) counts.late += size;
      else counts.lateIdle += size;
      if (run.skip < windows) counts.unseen += size;
    }
    from = run.until;
  }
  return counts;
}

/** What a table has to merge, with the collections that came in bytes. */
export function sourceOf(layout: Layout, table: PartialColumns): MergeSource {
  const { key: keys, count: records, numbers, texts } = table;
  const collections = layout.collections.map((kind, i) =>
    new CollectionColumn(kind).decode(table.collections[i] as Packed),
  );
  return { keys, records, states: statesOf(layout, { records, numbers, texts, collections }) };
}

function runAt({ pane: panes, skip: skips, length }: PartialColumns, from: number): Run {
  const pane = panes[from] as number;
  const skip = skips[from] as number;
  let until = from + 1;
  while (until < length && panes[until] === pane && skips[until] === skip) until++;
  return { from, until, pane, skip };
}

/** Windows of the run's pane, how many its own partition makes late, and how many are in the end. */
function skipsOf(
  { assigner, graceMs, frontier }: MergeTarget,
  { pane, skip }: Run,
  watermarkBefore: number,
): { windows: number; own: number; final: number } {
  const windows = assigner.lastWindowOf(pane) - assigner.firstWindowOf(pane) + 1;
  const own = Math.max(skip, assigner.skipFor(pane, watermarkBefore, graceMs));
  return { windows, own, final: Math.max(own, assigner.skipFor(pane, frontier, graceMs)) };
}

function addRun(
  { panes, layout, assigner, turn }: MergeTarget,
  source: MergeSource,
  run: Run,
): void {
  const pane = panes.open(run.pane);
  pane.touchedIn = turn;
  if (run.skip === 0) {
    pane.all = pane.all.writable();
    pane.all.mergeRange(source, run);
    return;
  }
  pane.late = pane.late?.writable() ?? new LateTable(layout, assigner.maxWindowsPerPane);
  pane.late.mergeRange(source, run.skip, run);
}
