/** Rows by (key, pane, skip): the look-up that every record of a window stage makes once. */
import { widened } from './group-table.ts';

/**
 * An open-addressing hash table over three columns, with a short cut: as long as pane and skip stay
 * the same, rows are found in an array by key. Starting another run costs nothing: entries of that
 * array carry the number of the run they belong to. Rows of the first run come into the hash table only
 * when a second one begins: mostly there is none.
 */
export class GroupIndex {
  keys = new Int32Array(256);
  panes = new Float64Array(256);
  skips = new Int32Array(256);
  #length = 0;
  /** Row + 1 by hash, of the rows below `#hashed`. Twice as long as there are of those, at least. */
  #table = new Int32Array(1024);
  #hashed = 0;
  /** All rows are of the present run. */
  #isFirst = true;
  #run = 1;
  #runPane = NaN;
  #runSkip = 0;
  #runByKey = new Int32Array(256);
  #rowByKey = new Int32Array(256);

  /** The row of a group; a group not seen before gets the next number. */
  rowOf(key: number, pane: number, skip: number): number {
    if (pane !== this.#runPane || skip !== this.#runSkip) {
      this.#isFirst = this.#length === 0;
      this.#runPane = pane;
      this.#runSkip = skip;
      this.#run++;
    } else if (this.#runByKey[key] === this.#run) {
      return this.#rowByKey[key] as number;
    }
    const row = this.#isFirst ? this.#append(key, pane, skip) : this.#find(key, pane, skip);
    if (key >= this.#runByKey.length) {
      this.#runByKey = widened(this.#runByKey, (key + 1) * 2);
      this.#rowByKey = widened(this.#rowByKey, (key + 1) * 2);
    }
    this.#runByKey[key] = this.#run;
    this.#rowByKey[key] = row;
    return row;
  }

  /** A row of its own, in a table that has only such. */
  append(key: number, pane: number): number {
    return this.#append(key, pane, 0);
  }

  #append(key: number, pane: number, skip: number): number {
    const row = this.#length++;
    if (row === this.keys.length) this.#grow();
    this.keys[row] = key;
    this.panes[row] = pane;
    this.skips[row] = skip;
    return row;
  }

  /** Back to no groups; keeps the capacity. */
  clear(): void {
    this.#length = 0;
    if (this.#hashed > 0) this.#table.fill(0);
    this.#hashed = 0;
    this.#runPane = NaN;
    // A run number must never come again; before it could, the stamps are wiped.
    if (this.#run > 0x3fff_ffff) {
      this.#runByKey.fill(0);
      this.#run = 1;
    }
  }

  #find(key: number, pane: number, skip: number): number {
    while (this.#hashed < this.#length) this.#enter(this.#hashed++);
    const mask = this.#table.length - 1;
    let at = hashOf(key, pane, skip) & mask;
    for (;;) {
      const row = (this.#table[at] as number) - 1;
      if (row < 0) break;
      if (this.keys[row] === key && this.panes[row] === pane && this.skips[row] === skip)
        return row;
      at = (at + 1) & mask;
    }
    return this.#append(key, pane, skip);
  }

  /** Puts a row into the hash table, which has none of its group. */
  #enter(row: number): void {
    if ((row + 1) * 2 > this.#table.length) this.#rehash(row);
    const mask = this.#table.length - 1;
    const key = this.keys[row] as number;
    let at = hashOf(key, this.panes[row] as number, this.skips[row] as number) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = row + 1;
  }

  #grow(): void {
    const length = this.keys.length * 2;
    this.keys = widened(this.keys, length);
    this.skips = widened(this.skips, length);
    const panes = new Float64Array(length);
    panes.set(this.panes);
    this.panes = panes;
  }

  /** Of the rows below `length`. */
  #rehash(length: number): void {
    this.#table = new Int32Array(this.#table.length * 4);
    for (let row = 0; row < length; row++) this.#enter(row);
  }
}

/** Mixes the three numbers; panes differ in their low 32 bits. */
function hashOf(key: number, pane: number, skip: number): number {
  let hash = Math.imul(key, 0x9e3779b1) ^ Math.imul(pane, 0x85ebca6b) ^ Math.imul(skip, 0xc2b2ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
