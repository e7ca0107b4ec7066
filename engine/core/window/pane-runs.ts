/**
 * The panes of some records, as runs of records that lie in one pane: streams are nearly in order, so
 * that what depends on the pane alone is worked out once for many records.
 *
 *     time     3  4  8  11 12 9          panes of 10: run 0 is pane 0, positions 0 to 2;
 *     pane     0  0  0  1  1  0                       run 1 is pane 1, run 2 pane 0 again
 */
import type { Selection } from '../batch.ts';
import type { PaneGrid } from './window.ts';

/** Run r is the positions from the end of run r − 1 up to `ends[r]`, not included. Used again and again. */
export class PaneRuns {
  length = 0;
  panes = new Float64Array(64);
  ends = new Int32Array(64);

  /** Finds the runs of the selected rows; `times` by row, epoch ms. O(rows). */
  find(grid: PaneGrid, { rows, count }: Selection, times: Float64Array): this {
    this.length = 0;
    let from = Infinity;
    let until = -Infinity;
    let pane = 0;
    for (let i = 0; i < count; i++) {
      const time = times[rows[i] as number] as number;
      if (time >= from && time < until) continue;
      const next = grid.paneOf(time);
      if (i > 0 && next !== pane) this.#add(pane, i);
      pane = next;
      from = grid.startOf(pane);
      until = grid.startOf(pane + 1);
    }
    if (count > 0) this.#add(pane, count);
    return this;
  }

  #add(pane: number, end: number): void {
    if (this.length === this.panes.length) this.#grow();
    this.panes[this.length] = pane;
    this.ends[this.length] = end;
    this.length++;
  }

  #grow(): void {
    const panes = new Float64Array(this.panes.length * 2);
    panes.set(this.panes);
    this.panes = panes;
    const ends = new Int32Array(this.ends.length * 2);
    ends.set(this.ends);
    this.ends = ends;
  }
}
