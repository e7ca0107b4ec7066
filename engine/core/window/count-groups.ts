/** What counted windows know of each group and partition: which window its next record is for (W7). */
import { widened } from './group-table.ts';
import { KeyChains } from './key-chains.ts';

/** Row of a group without an open window. */
export const NO_WINDOW = -1;

/** Groups by key and partition; a group stays, since its windows are numbered on. */
export class CountGroups {
  length = 0;
  /** By group: its key id and its partition. */
  keys = new Int32Array(64);
  partitions = new Int32Array(64);
  /** By group: the number of the window that takes its next record. */
  indexes = new Float64Array(64);
  /** By group: the row of that window, `NO_WINDOW` as long as it has no record, and its records. */
  windows = new Int32Array(64);
  counts = new Float64Array(64);
  #chains = new KeyChains();

  /** The group of a key and partition, opened if there is none. O(partitions of the key). */
  groupOf(key: number, partition: number): number {
    for (let at = this.#chains.first(key); at >= 0; at = this.#chains.after(at)) {
      if (this.partitions[at] === partition) return at;
    }
    return this.open(key, partition, 0);
  }

  /** Opens a group that is not there. */
  open(key: number, partition: number, index: number): number {
    const group = this.length++;
    if (group === this.keys.length) this.#grow(group * 2);
    this.keys[group] = key;
    this.partitions[group] = partition;
    this.indexes[group] = index;
    this.windows[group] = NO_WINDOW;
    this.counts[group] = 0;
    this.#chains.add(key, group);
    return group;
  }

  /** The next record of a group is for its next window. */
  advance(group: number): void {
    this.windows[group] = NO_WINDOW;
    this.counts[group] = 0;
    this.indexes[group] = (this.indexes[group] as number) + 1;
  }

  /** A copy of its own. */
  clone(): CountGroups {
    const copy = new CountGroups();
    copy.length = this.length;
    copy.keys = this.keys.slice();
    copy.partitions = this.partitions.slice();
    copy.indexes = this.indexes.slice();
    copy.windows = this.windows.slice();
    copy.counts = this.counts.slice();
    copy.#chains = this.#chains.clone();
    return copy;
  }

  /** Gives every key id `k` the new id `map[k]`. */
  remapKeys(map: Int32Array): void {
    this.#chains = new KeyChains();
    for (let group = 0; group < this.length; group++) {
      const key = map[this.keys[group] as number] as number;
      this.keys[group] = key;
      this.#chains.add(key, group);
    }
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.keys.length * 28 + this.#chains.sizeBytes;
  }

  #grow(length: number): void {
    const wider = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(length);
      grown.set(column);
      return grown;
    };
    this.keys = widened(this.keys, length);
    this.partitions = widened(this.partitions, length);
    this.windows = widened(this.windows, length);
    this.indexes = wider(this.indexes);
    this.counts = wider(this.counts);
  }
}
