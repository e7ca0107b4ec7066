/** Puts one window together: the shared tables of its panes and the records that came late. */
import type { GroupTable } from './group-table.ts';
import { GroupTable as Groups } from './group-table.ts';
import type { Pane } from './pane-list.ts';
import { PairBuffer } from './row-pairs.ts';
import type { WindowAssigner } from './window.ts';

const pairs = new PairBuffer();

/**
 * The groups of a window. `tables` are what counts in all windows of the panes; of the late groups
 * of `panes` those count that skip none but windows before this one. The result is read-only: a
 * single table is handed through as it is. O(groups) merges.
 */
export function assembleWindow(
  assigner: WindowAssigner,
  window: number,
  tables: readonly GroupTable[],
  panes: readonly Pane[],
): GroupTable | null {
  const late = panes.filter((pane) => pane.late !== null);
  const [first] = tables;
  if (late.length === 0 && tables.length < 2) return first ?? null;
  const layout = first?.rows.layout ?? late[0]?.late?.rows.layout;
  if (layout === undefined) return null;
  const most = tables.reduce((total, { length }) => total + length, 0);
  const groups = new Groups(layout, most);
  for (const table of tables) groups.mergeTable(table);
  for (const pane of late) mergeLate(groups, pane, window - assigner.firstWindowOf(pane.number));
  return groups;
}

/** Merges the late groups that skip at most `skipped` windows. */
function mergeLate(into: GroupTable, { late }: Pane, skipped: number): void {
  if (late === null) return;
  pairs.reset(late.length);
  for (let row = 0; row < late.length; row++) {
    if ((late.skips[row] as number) > skipped) continue;
    pairs.push(into.rowOf(late.keys[row] as number), row);
  }
  into.rows.merge(late.rows, pairs);
}
