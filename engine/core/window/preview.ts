/**
 * Which open windows have changed since they were last given provisionally (W5). Time goes in turns:
 * panes are marked with the turn in which something was merged into them, windows with the one in
 * which they were given.
 */
import type { Pane, PaneList } from './pane-list.ts';
import type { WindowAssigner } from './window.ts';

/** Windows that are looked at. */
export interface PreviewRange {
  /** The first window that is not closed. */
  readonly from: number;
  readonly last: number;
  /** True: only those that have never been given. */
  readonly onlyNew: boolean;
}

/** What was given when. Not part of a snapshot: after a restart everything is given again. */
export class Preview {
  /** What panes are marked with that change now. */
  turn = 1;
  readonly #givenIn = new Map<number, number>();

  /** The windows that have changed, which count as given now. O(panes up to `last` · windows a pane). */
  take(panes: PaneList, assigner: WindowAssigner, range: PreviewRange): Set<number> {
    const { from, last, onlyNew } = range;
    const changed = new Set<number>();
    for (const pane of panes.panes) {
      if (assigner.firstWindowOf(pane.number) > last) break;
      const until = Math.min(last, assigner.lastWindowOf(pane.number));
      for (
        let window = Math.max(from, assigner.firstWindowOf(pane.number));
        window <= until;
        window++
      ) {
        if (this.#isChanged(window, pane, onlyNew)) changed.add(window);
      }
    }
    for (const window of changed) this.#givenIn.set(window, this.turn);
    this.turn++;
    return changed;
  }

  /** A window is closed. */
  forget(window: number): void {
    this.#givenIn.delete(window);
  }

  #isChanged(window: number, { touchedIn }: Pane, onlyNew: boolean): boolean {
    const givenIn = this.#givenIn.get(window);
    return givenIn === undefined || (!onlyNew && touchedIn > givenIn);
  }
}
