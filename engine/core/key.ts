/**
 * Key dictionaries: byte strings become small integers. Keys compare by all their bytes, never by
 * hash alone. What the bytes of a group key are is up to key-codec.ts.
 */

import { TextMemo } from './text-memo.ts';

/** The order of keys by their bytes: a permutation of the ids and its inverse. */
export interface KeyOrder {
  /** Key ids, least key first. */
  readonly ids: Int32Array;
  /** Rank by key id. */
  readonly ranks: Int32Array;
}

/** Entries in a row: entry i is bytes[ends[i − 1], ends[i]). */
export interface KeyEntries {
  readonly ends: Int32Array;
  readonly bytes: Uint8Array;
}

/**
 * An open-addressing hash table over an arena of bytes. Ids are 0, 1, 2 … in order of arrival and
 * never change until `clear`. Looking up an existing key allocates nothing and costs one pass over
 * its bytes for the hash and one for the comparison.
 */
export class KeyDictionary {
  #size = 0;
  #arena = new Uint8Array(1024);
  /** Ends of the entries in the arena; entry i starts where entry i − 1 ends. */
  #ends = new Int32Array(64);
  /** Id + 1 and the hash of a key, side by side where its hash says; at most half of it is taken. */
  #table = new Int32Array(2 * 256);
  /** Id + 1 of the key that last had some first byte, last byte and length, folded to a byte. */
  readonly #recent = new Int32Array(256);
  #order: KeyOrder = { ids: new Int32Array(), ranks: new Int32Array() };
  #lately: TextMemo | null = null;

  /** Ids of texts by the numbers that a scan gives them; those of one scan only. */
  get lately(): TextMemo {
    this.#lately ??= new TextMemo();
    return this.#lately;
  }

  /** How many keys there are; ids are below it. */
  get size(): number {
    return this.#size;
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    const integers = this.#ends.length + this.#table.length + this.#order.ids.length * 2;
    return this.#arena.length + integers * 4;
  }

  /** The bytes of a key: a view that must not be written to, valid until the next insertion. */
  bytesOf(id: number): Uint8Array {
    return this.#arena.subarray(this.#startOf(id), this.#endOf(id));
  }

  /** The id of the key bytes[from, to), added if it is new. The bytes are copied only then. */
  idOf(bytes: Uint8Array, from: number, to: number): number {
    // Streams come back to few keys again and again: most are found without hashing them.
    const outline = (bytes[from] as number) * 31 + (bytes[to - 1] as number) * 17 + to - from;
    const recent = (this.#recent[outline & 255] as number) - 1;
    if (recent >= 0 && this.#equals(recent, bytes, from, to)) return recent;
    const id = this.#idByHash(bytes, from, to);
    this.#recent[outline & 255] = id + 1;
    return id;
  }

  #idByHash(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const at = this.#seek(hash, bytes, from, to);
    const found = this.#table[at] as number;
    return found > 0 ? found - 1 : this.#insert(at, hash, bytes.subarray(from, to));
  }

  /** The id of the key bytes[from, to), −1 if it has none. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return (this.#table[this.#seek(hashOf(bytes, from, to), bytes, from, to)] as number) - 1;
  }

  /** The entries from id `base` on, with bytes of their own. O(their bytes). */
  entriesSince(base: number): KeyEntries {
    const first = Math.min(base, this.#size);
    const start = this.#startOf(first);
    const ends = this.#ends.slice(first, this.#size).map((end) => end - start);
    return { ends, bytes: this.#arena.slice(start, this.#startOf(this.#size)) };
  }

  /** Appends entries that `entriesSince` gave; new ones get the next ids. O(their bytes). */
  addAll({ ends, bytes }: KeyEntries): void {
    let from = 0;
    for (const to of ends) {
      this.idOf(bytes, from, to);
      from = to;
    }
  }

  /** The order of all keys. Sorted once; new keys are merged in. O(1) while no key is added. */
  order(): KeyOrder {
    const known = this.#order.ids;
    if (known.length === this.#size) return this.#order;
    const compare = (a: number, b: number): number => this.#compare(a, b);
    const added = this.#size - known.length;
    const fresh = Int32Array.from({ length: added }, (_, i) => known.length + i);
    const ids = mergeSorted(known, fresh.sort(compare), compare);
    const ranks = new Int32Array(ids.length);
    for (let rank = 0; rank < ids.length; rank++) ranks[ids[rank] as number] = rank;
    this.#order = { ids, ranks };
    return this.#order;
  }

  /**
   * A dictionary of the keys whose `live` mark is 1, and the new id of every old one (−1: gone).
   * This dictionary stays as it is. O(bytes).
   */
  compact(live: Uint8Array): { dictionary: KeyDictionary; map: Int32Array<ArrayBuffer> } {
    const dictionary = new KeyDictionary();
    const map = new Int32Array(this.#size).fill(-1);
    for (let id = 0; id < this.#size; id++) {
      if (live[id] !== 1) continue;
      map[id] = dictionary.idOf(this.#arena, this.#startOf(id), this.#endOf(id));
    }
    return { dictionary, map };
  }

  /** Forgets all keys; keeps the capacity. */
  clear(): void {
    this.#size = 0;
    this.#table.fill(0);
    this.#recent.fill(0);
    this.#lately?.clear();
    this.#order = { ids: new Int32Array(), ranks: new Int32Array() };
  }

  #startOf(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] as number);
  }

  #endOf(id: number): number {
    return this.#ends[id] as number;
  }

  /** Place in the table where the key is, or where it belongs. */
  #seek(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const table = this.#table;
    // Entries begin at even places.
    const mask = table.length - 2;
    let at = (hash << 1) & mask;
    for (;;) {
      const id = (table[at] as number) - 1;
      if (id < 0 || (table[at + 1] === hash && this.#equals(id, bytes, from, to))) return at;
      at = (at + 2) & mask;
    }
  }

  #equals(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const arena = this.#arena;
    let at = this.#startOf(id);
    if (this.#endOf(id) - at !== to - from) return false;
    for (let i = from; i < to; i++) if (arena[at++] !== bytes[i]) return false;
    return true;
  }

  #compare(a: number, b: number): number {
    const arena = this.#arena;
    let i = this.#startOf(a);
    let j = this.#startOf(b);
    const iEnd = this.#endOf(a);
    const jEnd = this.#endOf(b);
    for (; i < iEnd && j < jEnd; i++, j++) {
      const difference = (arena[i] as number) - (arena[j] as number);
      if (difference !== 0) return difference;
    }
    return iEnd - i - (jEnd - j);
  }

  #insert(at: number, hash: number, bytes: Uint8Array): number {
    const id = this.#size++;
    const start = this.#startOf(id);
    const end = start + bytes.length;
    if (end > this.#arena.length) this.#arena = filled(new Uint8Array(end * 2), this.#arena);
    if (id === this.#ends.length) this.#ends = filled(new Int32Array(id * 2), this.#ends);
    this.#arena.set(bytes, start);
    this.#ends[id] = end;
    this.#table[at] = id + 1;
    this.#table[at + 1] = hash;
    if (this.#size * 4 > this.#table.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const before = this.#table;
    const table = new Int32Array(before.length * 2);
    const mask = table.length - 2;
    for (let from = 0; from < before.length; from += 2) {
      if (before[from] === 0) continue;
      const hash = before[from + 1] as number;
      let at = (hash << 1) & mask;
      while (table[at] !== 0) at = (at + 2) & mask;
      table[at] = before[from] as number;
      table[at + 1] = hash;
    }
    this.#table = table;
  }
}

/** Multiplicative hashing of four bytes at a time, mixed at the end (after MurmurHash3's finisher). */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = Math.imul(to - from, 0x9e3779b1);
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0xc2b2ae35);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** `longer` with the old column at its beginning. */
function filled<Column extends Uint8Array | Int32Array>(longer: Column, old: Column): Column {
  longer.set(old);
  return longer;
}

function mergeSorted(
  a: Int32Array,
  b: Int32Array,
  compare: (x: number, y: number) => number,
): Int32Array {
  const merged = new Int32Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < merged.length; at++) {
    const fromA = j === b.length || (i < a.length && compare(a[i] as number, b[j] as number) <= 0);
    merged[at] = (fromA ? a[i++] : b[j++]) as number;
  }
  return merged;
}
