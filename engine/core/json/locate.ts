/**
 * The plain way through a record: walks the objects that hold declared fields key by key, passes
 * over everything else, and notes where each field's value starts. Any shape, any white space.
 */
import { textOf } from '../batch.ts';
import { ABSENT } from './places.ts';
import type { Places } from './places.ts';
import type { PathNode } from './projection.ts';
import { brokenAt, foundAt, OTHER, REASON, reasonCode } from './reason.ts';
import { skipSpace, skipString, skipValue } from './skip.ts';
import { checkString } from './text.ts';

/** Finds the fields of one record at a time. The last of two equal keys wins, as a whole. */
export class Locator {
  /** Filled by `locate`. */
  readonly places: Places;
  /** Where `null` stands in place of an object that may hold fields. */
  readonly nulls: number[] = [];
  /** Where objects begin that may hold fields, whether this record's do or not. */
  readonly objects: number[] = [];
  /** 0, or a reason code if something other than an object or null is in the field's way. */
  readonly #blocked: Float64Array;
  readonly #root: PathNode;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  constructor(root: PathNode, fieldCount: number) {
    this.#root = root;
    this.places = { start: new Int32Array(fieldCount), end: new Int32Array(fieldCount) };
    this.#blocked = new Float64Array(fieldCount);
  }

  /** Walks the record bytes[from, to); returns 0 or a reason code. */
  locate(bytes: Uint8Array, from: number, to: number): number {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.nulls.length = 0;
    this.objects.length = 0;
    this.places.start.fill(ABSENT);
    this.#blocked.fill(0);
    if (
      to - from > 2 &&
      bytes[from] === 0xef &&
      bytes[from + 1] === 0xbb &&
      bytes[from + 2] === 0xbf
    ) {
      return reasonCode(REASON.mark, 0);
    }
    let p = skipSpace(bytes, from, to);
    if (p >= to) return brokenAt(bytes, p, from, to);
    if (bytes[p] === 0x7b /* { */) {
      p = this.#object(this.#root, p + 1, 0);
    } else {
      p = skipValue(bytes, p, to);
      if (p >= 0 && skipSpace(bytes, p, to) === to) {
        return reasonCode(REASON.top, foundAt(bytes[skipSpace(bytes, from, to)]));
      }
    }
    if (p < 0) return brokenAt(bytes, ~p, from, to);
    p = skipSpace(bytes, p, to);
    if (p !== to) return brokenAt(bytes, p, from, to);
    return this.#blocked.find((code) => code !== 0) ?? 0;
  }

  /** The members of an object, from after its `{`; returns the position after its `}`, or `~at`. */
  #object(node: PathNode, p: number, depth: number): number {
    const bytes = this.#bytes;
    const to = this.#to;
    this.objects.push(p - 1);
    p = skipSpace(bytes, p, to);
    if (p < to && bytes[p] === 0x7d /* } */) return p + 1;
    for (;;) {
      if (p >= to || bytes[p] !== 0x22 /* " */) return ~p;
      const key = p + 1;
      p = skipString(bytes, key, to);
      if (p < 0) return p;
      const index = this.#keyIndex(node, key, p - 1);
      if (index === -2) return this.#badKey(key);
      p = skipSpace(bytes, p, to);
      if (p >= to || bytes[p] !== 0x3a /* : */) return ~p;
      p = skipSpace(bytes, p + 1, to);
      p = index < 0 ? skipValue(bytes, p, to) : this.#member(node, index, p, depth);
      if (p < 0) return p;
      p = skipSpace(bytes, p, to);
      if (p < to && bytes[p] === 0x7d) return p + 1;
      if (p >= to || bytes[p] !== 0x2c /* , */) return ~p;
      p = skipSpace(bytes, p + 1, to);
    }
  }

  /** The value of a known key: noted, or walked if it is on the way to fields. */
  #member(node: PathNode, index: number, p: number, depth: number): number {
    const bytes = this.#bytes;
    const field = node.field[index] as number;
    if (field >= 0) {
      const end = skipValue(bytes, p, this.#to);
      this.places.start[field] = p;
      this.places.end[field] = end;
      return end;
    }
    const below = node.below[index] as number[];
    for (const f of below) {
      this.places.start[f] = ABSENT;
      this.#blocked[f] = 0;
    }
    const byte = p < this.#to ? bytes[p] : 0;
    if (byte === 0x7b) return this.#object(node.inner[index] as PathNode, p + 1, depth + 1);
    const end = skipValue(bytes, p, this.#to);
    if (end < 0) return end;
    if (end - p === 4 && textOf(bytes, p, end) === 'null') {
      this.nulls.push(p);
      return end;
    }
    const found = foundAt(byte);
    const isValue = found !== OTHER && byte !== 0x6e; // it begins like null, but is not
    for (const f of below) {
      this.#blocked[f] = isValue
        ? reasonCode(REASON.through, (f * 64 + depth + 1) * 16 + found)
        : brokenAt(bytes, p, this.#from, this.#to);
    }
    return end;
  }

  /** Index of the key bytes[from, to) in `node`, -1 for a key nobody reads, -2 for a broken one. */
  #keyIndex(node: PathNode, from: number, to: number): number {
    const bytes = this.#bytes;
    const length = to - from;
    for (let i = 0; i < node.keys.length; i++) {
      const key = node.keys[i] as Uint8Array | null;
      if (key?.length !== length) continue;
      let same = 0;
      while (same < length && bytes[from + same] === key[same]) same++;
      if (same === length) return i;
    }
    for (let p = from; p < to; p++) {
      if (bytes[p] === 0x5c /* \ */) return this.#escapedKeyIndex(node, from, to);
    }
    return -1;
  }

  #escapedKeyIndex(node: PathNode, from: number, to: number): number {
    if (checkString(this.#bytes, from, this.#to) < 0) return -2;
    const key = JSON.parse(textOf(this.#bytes, from - 1, to + 1)) as string;
    return node.names.indexOf(key);
  }

  #badKey(from: number): number {
    return checkString(this.#bytes, from, this.#to);
  }
}
