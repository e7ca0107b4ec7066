/** The fields of one row of a CSV file, as ranges of its bytes. */
import type { CsvMarks } from './dialect.ts';

/** How a field is written. */
export const WRITTEN = {
  plain: 0,
  /** Between quotes; the range is what stands between them. */
  quoted: 1,
  /** The same, with doubled quotes in it. */
  doubled: 2,
} as const;

/** Reads rows one at a time; the fields of the last one stay here. */
export class FieldReader {
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  /** How each is written: one of WRITTEN. */
  written = new Uint8Array(16);
  /**
   * Where the row breaks the rules: at text behind a closing quote, or at the end of a row that lacks
   * one; −1 where it keeps them. Such a field is all of its text, as if it were plain.
   */
  brokenAt = -1;
  readonly #delimiter: number;
  readonly #quote: number;

  constructor({ delimiter, quote }: CsvMarks) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
  }

  /** Reads the row bytes[from, to), its line break left out; returns the number of fields, at least 1. */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.brokenAt = -1;
    let count = 0;
    for (let at = from; ; at++) {
      if (count === this.starts.length) this.#grow();
      const isQuoted = at < to && bytes[at] === this.#quote;
      const end = isQuoted ? this.#quoted(bytes, at, to, count) : -1;
      at = end >= 0 ? end : this.#plain(bytes, at, to, count);
      count++;
      if (at >= to) return count;
    }
  }

  /** Reads a field up to the next delimiter, whose position it returns, or `to`. */
  #plain(bytes: Uint8Array, from: number, to: number, field: number): number {
    let at = from;
    while (at < to && bytes[at] !== this.#delimiter) at++;
    this.starts[field] = from;
    this.ends[field] = at;
    this.written[field] = WRITTEN.plain;
    return at;
  }

  /** The same for one that begins with a quote; −1 when it is not as it should be. */
  #quoted(bytes: Uint8Array, from: number, to: number, field: number): number {
    const quote = this.#quote;
    let written: number = WRITTEN.quoted;
    let at = from + 1;
    for (; at < to; at++) {
      if (bytes[at] !== quote) continue;
      if (at + 1 >= to || bytes[at + 1] !== quote) break;
      written = WRITTEN.doubled;
      at++;
    }
    const isClosed = at < to && (at + 1 === to || bytes[at + 1] === this.#delimiter);
    if (!isClosed) {
      if (this.brokenAt < 0) this.brokenAt = Math.min(at + 1, to);
      return -1;
    }
    this.starts[field] = from + 1;
    this.ends[field] = at;
    this.written[field] = written;
    return at + 1;
  }

  #grow(): void {
    const size = this.starts.length * 2;
    const copy = <A extends Int32Array | Uint8Array>(from: A, into: A): A => {
      into.set(from);
      return into;
    };
    this.starts = copy(this.starts, new Int32Array(size));
    this.ends = copy(this.ends, new Int32Array(size));
    this.written = copy(this.written, new Uint8Array(size));
  }
}
