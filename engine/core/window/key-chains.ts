/** Rows by key, where a key has few: chains through the rows, the newest first. */
import { widened } from './group-table.ts';

/** Chains of rows; a row is in one of them or in none. */
export class KeyChains {
  /** Row + 1 of the newest row by key, and of the one added before it by row; 0: none. */
  #heads = new Int32Array(64);
  #nexts = new Int32Array(64);

  /** The newest row of a key, −1 if it has none. */
  first(key: number): number {
    return (this.#heads[key] ?? 0) - 1;
  }

  /** The row of the same key that was added before this one, −1 if there is none. */
  after(row: number): number {
    return (this.#nexts[row] as number) - 1;
  }

  /** Adds a row to the chain of a key. */
  add(key: number, row: number): void {
    if (key >= this.#heads.length) this.#heads = widened(this.#heads, (key + 1) * 2);
    if (row >= this.#nexts.length) this.#nexts = widened(this.#nexts, (row + 1) * 2);
    this.#nexts[row] = this.#heads[key] as number;
    this.#heads[key] = row + 1;
  }

  /** Takes a row out of the chain of its key. O(rows of the key). */
  remove(key: number, row: number): void {
    const next = this.#nexts[row] as number;
    if (this.first(key) === row) {
      this.#heads[key] = next;
      return;
    }
    let before = this.first(key);
    while (this.after(before) !== row) before = this.after(before);
    this.#nexts[before] = next;
  }

  /** A copy of its own. */
  clone(): KeyChains {
    const copy = new KeyChains();
    copy.#heads = this.#heads.slice();
    copy.#nexts = this.#nexts.slice();
    return copy;
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return (this.#heads.length + this.#nexts.length) * 4;
  }
}
