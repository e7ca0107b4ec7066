/** Panes as they are now, for readers that are slower than the writers (snapshots, previews). */
import type { GroupTable } from './group-table.ts';
import type { LateTable } from './late-table.ts';
import type { Pane } from './pane-list.ts';

/** A cut of panes; their tables are shared, and copied when somebody writes to them. */
export interface SharedPanes {
  readonly panes: Pane[];
  /** The cut is not read any more: writers need not copy for it. Call once. */
  readonly release: () => void;
}

/** Shares all tables of the panes, and `more` ones. O(panes). */
export function sharePanes(panes: readonly Pane[], more: readonly GroupTable[] = []): SharedPanes {
  const cut = panes.map((pane) => ({ ...pane }));
  const tables: (GroupTable | LateTable)[] = [...more];
  for (const { all, late } of cut) {
    tables.push(all);
    if (late !== null) tables.push(late);
  }
  for (const table of tables) table.shares++;
  return {
    panes: cut,
    release: () => {
      for (const table of tables) table.shares--;
    },
  };
}
