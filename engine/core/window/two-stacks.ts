/**
 * Sliding aggregation by two stacks (after Tangwongsan, Hirzel, Schneider, "Low-latency sliding
 * window aggregation", 2017): a window is a suffix of the front and all of the back.
 *
 *     panes            3      4      5    │  6      7
 *     front table    3+4+5   4+5     5    │                 back table  6+7
 *     window [4, 8) = front(4) + back
 *
 * When the front is used up, the panes of the next window become the new front: every pane's table
 * takes in the one after it. So closing a window costs a constant number of merges of a table,
 * amortised, however many panes a window has.
 *
 * Only groups that count in all windows of their pane are here. They never change once a window of
 * their pane has closed: every record of the pane that comes later skips at least that window (W2,
 * W4), and the store enforces it.
 */
import type { Layout } from '../aggregate/layout.ts';
import { GroupTable } from './group-table.ts';
import type { PaneList } from './pane-list.ts';

/** The two stacks over a list of panes. Windows are asked for in rising order. */
export class TwoStacks {
  readonly #layout: Layout;
  /** Panes below it hold the merge of themselves and all panes up to here. */
  frontUntil = -Infinity;
  /** `back` holds panes [frontUntil, backUntil). */
  backUntil = -Infinity;
  back: GroupTable;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.back = new GroupTable(layout);
  }

  /**
   * The tables that together are panes [from, until): at most two, none for no groups. They belong
   * to the stacks and are only read until the next call.
   */
  window(panes: PaneList, from: number, until: number): GroupTable[] {
    if (from >= this.frontUntil) this.#flip(panes, from, until);
    else this.#push(panes, until);
    const tables: GroupTable[] = [];
    // Panes that were opened after the front was made hold late groups only.
    const front = panes.between(from, this.frontUntil).find(({ all }) => all.length > 0);
    if (front !== undefined) tables.push(front.all);
    if (this.back.length > 0) tables.push(this.back);
    return tables;
  }

  /** A second pair of stacks over the same tables: `back` must be shared while both are used. */
  fork(): TwoStacks {
    const copy = new TwoStacks(this.#layout);
    copy.frontUntil = this.frontUntil;
    copy.backUntil = this.backUntil;
    copy.back = this.back;
    return copy;
  }

  /** Makes `back` from the panes again, after a restore. */
  rebuild(panes: PaneList, frontUntil: number, backUntil: number): void {
    this.frontUntil = frontUntil;
    this.backUntil = frontUntil;
    this.back = new GroupTable(this.#layout);
    this.#push(panes, backUntil);
  }

  #push(panes: PaneList, until: number): void {
    if (until <= this.backUntil) return;
    const fresh = panes.between(this.backUntil, until);
    if (fresh.length > 0) this.back = this.back.writable();
    for (const pane of fresh) this.back.mergeTable(pane.all);
    this.backUntil = until;
  }

  #flip(panes: PaneList, from: number, until: number): void {
    let after: GroupTable | null = null;
    for (const pane of panes.between(from, until).toReversed()) {
      if (after !== null) {
        pane.all = pane.all.writable();
        pane.all.mergeTable(after);
      }
      after = pane.all;
    }
    this.frontUntil = until;
    this.backUntil = until;
    this.back = new GroupTable(this.#layout);
  }
}
