/**
 * JSON as strict as `JSON.parse` takes it, plus valid UTF-8.
 */
import { skipSpace } from './skip.ts';
import { checkString } from './text.ts';
import { NumberReader } from './number.ts';

const WORDS: readonly (readonly number[])[] = ['true', 'false', 'null'].map((word) =>
  Array.from(word, (letter) => letter.charCodeAt(0)),
);

/** Checks values without reading them; keeps a stack of open brackets that grows by doubling. */
export class Validator {
  #open = new Uint8Array(64);
  readonly #number = new NumberReader();

  /** Passes over the value at `p`; returns the position after it, or `~at` for a failure at `at`. */
  value(bytes: Uint8Array, p: number, to: number): number {
    let depth = 0;
    for (;;) {
      p = skipSpace(bytes, p, to);
      const byte = p < to ? bytes[p] : 0;
      if (byte === 0x7b /* { */ || byte === 0x5b /* [ */) {
        this.#push(depth++, byte);
        p = skipSpace(bytes, p + 1, to);
        const empty = p < to && bytes[p] === byte + 2;
        if (!empty) {
          if (byte === 0x7b) p = this.#key(bytes, p, to);
          if (p < 0) return p;
          continue;
        }
      } else {
        p = this.scalar(bytes, p, to);
        if (p < 0 || depth === 0) return p;
      }
      // after a value, or at the bracket that closes an empty one
      for (;;) {
        p = skipSpace(bytes, p, to);
        const open = this.#open[depth - 1] as number;
        if (p < to && bytes[p] === open + 2) {
          p++;
          if (--depth === 0) return p;
          continue;
        }
        if (p >= to || bytes[p] !== 0x2c /* , */) return ~p;
        p++;
        if (open === 0x7b) p = this.#key(bytes, skipSpace(bytes, p, to), to);
        if (p < 0) return p;
        break;
      }
    }
  }

  /** Passes over a string, number or word. */
  scalar(bytes: Uint8Array, p: number, to: number): number {
    if (p >= to) return ~p;
    const byte = bytes[p];
    if (byte === 0x22 /* " */) return checkString(bytes, p + 1, to);
    for (const word of WORDS) {
      if (byte !== word[0]) continue;
      for (let i = 1; i < word.length; i++) {
        if (p + i >= to || bytes[p + i] !== word[i]) return ~(p + i);
      }
      return p + word.length;
    }
    return this.#number.read(bytes, p, to);
  }

  /** Passes over a key and its colon. */
  #key(bytes: Uint8Array, p: number, to: number): number {
    if (p >= to || bytes[p] !== 0x22 /* " */) return ~p;
    p = checkString(bytes, p + 1, to);
    if (p < 0) return p;
    p = skipSpace(bytes, p, to);
    return p < to && bytes[p] === 0x3a /* : */ ? p + 1 : ~p;
  }

  #push(depth: number, bracket: number): void {
    if (depth === this.#open.length) {
      const open = new Uint8Array(depth * 2);
      open.set(this.#open);
      this.#open = open;
    }
    this.#open[depth] = bracket;
  }
}
