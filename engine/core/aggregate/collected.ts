/**
 * The first values of a group in the order of records (O1), at most `cap` of them: each, or each
 * different one at its first record. What is dropped could not be among the first of any group that
 * this one is merged into, so the result does not depend on how records were cut or merged. Values of
 * one record come in their order, and in one piece.
 */
import { invariant } from '../../errors.ts';
import { textOf } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { Collection, CollectionKind } from './collection.ts';

/** A value and the record it is of. */
export interface CollectedValue {
  /** Epoch ms. */
  readonly time: number;
  readonly partition: number;
  readonly offset: number;
  readonly value: number | string;
}

/** By the order of records. */
const compare = (a: CollectedValue, b: CollectedValue): number =>
  a.time - b.time || a.partition - b.partition || a.offset - b.offset;

/** One group's values. */
export class Collected implements Collection {
  readonly cap: number;
  /** In the order of records. */
  readonly #entries: CollectedValue[];
  /** Where each value was first; null when every one is kept. */
  readonly #first: Map<number | string, CollectedValue> | null;
  #textBytes = 0;

  constructor(cap: number, distinct: boolean, entries: readonly CollectedValue[] = []) {
    this.cap = cap;
    this.#entries = [...entries];
    this.#first = distinct ? new Map(entries.map((entry) => [entry.value, entry])) : null;
    for (const { value } of entries) this.#textBytes += textBytes(value);
  }

  /** The values, first to last. */
  get values(): readonly (number | string)[] {
    return this.#entries.map(({ value }) => value);
  }

  get sizeBytes(): number {
    return 96 + this.#entries.length * entryBytes(this.#first !== null) + this.#textBytes;
  }

  /** O(log cap) to find its place, O(cap) to make room. */
  add(entry: CollectedValue): void {
    const before = this.#first?.get(entry.value);
    if (before !== undefined) {
      if (compare(entry, before) >= 0) return;
      this.#remove(this.#entries.indexOf(before));
    }
    const last = this.#entries.at(-1);
    if (last !== undefined && this.#entries.length === this.cap) {
      if (compare(entry, last) >= 0) return;
      this.#remove(this.#entries.length - 1);
    }
    this.#entries.splice(this.#placeOf(entry), 0, entry);
    this.#first?.set(entry.value, entry);
    this.#textBytes += textBytes(entry.value);
  }

  merge(other: Collected): void {
    for (const entry of other.#entries) this.add(entry);
  }

  clone(): Collected {
    return new Collected(this.cap, this.#first !== null, this.#entries);
  }

  /** Of each value time, partition and offset, then the number, or the length of the text and the text. */
  encode(): Uint8Array {
    const texts = this.#entries.map(({ value }) =>
      typeof value === 'string' ? encodeUtf8(value) : null,
    );
    const size = texts.reduce((sum, text) => sum + ENTRY_BYTES + (text?.length ?? 0), 1);
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    bytes[0] = texts.some((text) => text !== null) ? TEXTS : NUMBERS;
    let at = 1;
    this.#entries.forEach(({ time, partition, offset, value }, index) => {
      const text = texts[index] ?? null;
      for (const number of [time, partition, offset, text?.length ?? (value as number)]) {
        view.setFloat64(at, number, true);
        at += 8;
      }
      if (text === null) return;
      bytes.set(text, at);
      at += text.length;
    });
    return bytes;
  }

  #remove(index: number): void {
    const [entry] = this.#entries.splice(index, 1);
    if (entry === undefined) return;
    this.#first?.delete(entry.value);
    this.#textBytes -= textBytes(entry.value);
  }

  /** Behind everything that is not later. */
  #placeOf(entry: CollectedValue): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.#entries[middle] as CollectedValue, entry) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const NUMBERS = 1;
const TEXTS = 2;
/** Time, partition, offset, and a number or the length of a text. */
const ENTRY_BYTES = 32;

/** As measured: an object, its boxed numbers, its place in the list and maybe in the map. */
const entryBytes = (distinct: boolean): number => (distinct ? 168 : 120);

const textBytes = (value: number | string): number =>
  typeof value === 'string' ? 16 + value.length : 0;

function decoded(bytes: Uint8Array): CollectedValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: CollectedValue[] = [];
  for (let at = 1; at < bytes.length;) {
    const [time, partition, offset, last] = [0, 8, 16, 24].map((by) =>
      view.getFloat64(at + by, true),
    ) as [number, number, number, number];
    at += ENTRY_BYTES;
    const length = bytes[0] === TEXTS ? last : 0;
    const value = bytes[0] === TEXTS ? textOf(bytes, at, at + length) : last;
    entries.push({ time, partition, offset, value });
    at += length;
  }
  return entries;
}

/** What a row of a column of `collectedKind` holds. */
export function collectedOf(collection: Collection | null): Collected {
  invariant(collection instanceof Collected, 'a collection of another kind');
  return collection;
}

/** At most `cap` values as state. */
export const collectedKind = (cap: number, distinct: boolean): CollectionKind<Collected> => ({
  groupBytes: 96 + cap * entryBytes(distinct),
  open: () => new Collected(cap, distinct),
  decode: (bytes) => new Collected(cap, distinct, decoded(bytes)),
});
