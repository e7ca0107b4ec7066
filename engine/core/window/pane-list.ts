/** The panes that still matter, in order. */
import type { Layout } from '../aggregate/layout.ts';
import { GroupTable } from './group-table.ts';
import type { LateTable } from './late-table.ts';

/** One pane: what counts in all its windows, and what skips the oldest ones. */
export interface Pane {
  readonly number: number;
  all: GroupTable;
  late: LateTable | null;
  /** The last turn in which something was merged into it (W5); 0: in none of this state's turns. */
  touchedIn: number;
}

/** Panes ascending by number. Most look-ups hit the pane found last. */
export class PaneList {
  readonly #layout: Layout;
  #panes: Pane[];
  #last: Pane | null = null;

  constructor(layout: Layout, panes: Pane[] = []) {
    this.#layout = layout;
    this.#panes = panes;
  }

  /** All panes, ascending. */
  get panes(): readonly Pane[] {
    return this.#panes;
  }

  /** The pane of that number, opened if it is not there. O(log panes), O(panes) to insert. */
  open(number: number): Pane {
    if (this.#last?.number === number) return this.#last;
    const at = this.indexFrom(number);
    let pane = this.#panes[at];
    if (pane?.number !== number) {
      pane = { number, all: new GroupTable(this.#layout), late: null, touchedIn: 0 };
      this.#panes.splice(at, 0, pane);
    }
    this.#last = pane;
    return pane;
  }

  /** Index of the first pane whose number is at least `number`. */
  indexFrom(number: number): number {
    let low = 0;
    let high = this.#panes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#panes[middle] as Pane).number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The panes numbered [from, until), ascending. */
  between(from: number, until: number): readonly Pane[] {
    return this.#panes.slice(this.indexFrom(from), this.indexFrom(until));
  }

  /** Frees the panes below a number. */
  dropBelow(number: number): void {
    const until = this.indexFrom(number);
    if (until === 0) return;
    this.#panes.splice(0, until);
    this.#last = null;
  }

  /** A rough size in bytes. O(panes). */
  get sizeBytes(): number {
    let size = 0;
    for (const { all, late } of this.#panes) size += all.sizeBytes + (late?.sizeBytes ?? 0);
    return size;
  }

  /** Marks the keys that have groups: 1 by id; ids beyond the end have none. O(groups). */
  liveKeys(): Uint8Array {
    const tables = this.#panes.flatMap(({ all, late }) => (late === null ? [all] : [all, late]));
    const keys = tables.map((table) => table.keys.subarray(0, table.length));
    const greatest = keys.reduce((most, ids) => ids.reduce((a, b) => Math.max(a, b), most), -1);
    const live = new Uint8Array(greatest + 1);
    for (const ids of keys) for (const key of ids) live[key] = 1;
    return live;
  }

  /** Gives every key id `k` the new id `map[k]`. O(groups). */
  remapKeys(map: Int32Array): void {
    for (const pane of this.#panes) {
      pane.all = pane.all.writable();
      pane.all.remapKeys(map);
      pane.late = pane.late?.writable() ?? null;
      pane.late?.remapKeys(map);
    }
  }
}
