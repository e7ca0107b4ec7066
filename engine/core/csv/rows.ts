/**
 * Where the rows of a CSV file end. A line break between quotes is part of a field, so that rows can
 * only be told from the beginning of one.
 */
import type { CsvMarks } from './dialect.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** The end of the row bytes[from, newline) without the `\r` that may stand before its `\n`. */
export const lineEnd = (bytes: Uint8Array, from: number, newline: number): number =>
  newline > from && bytes[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;

/** Finds the ends of rows. */
export class RowFinder {
  readonly #delimiter: number;
  readonly #quote: number;

  constructor({ delimiter, quote }: CsvMarks) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
  }

  /** Whether any field of bytes[from, to) may be quoted; where none is, rows are lines. */
  hasQuotes(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    const at = bytes.indexOf(this.#quote, from);
    return at >= 0 && at < to;
  }

  /**
   * The position of the `\n` that ends the row which begins at `at`, or −1 when it does not end
   * before `stop`: then the row may go on behind it. O(length of the row).
   */
  endOf(bytes: Uint8Array, at: number, stop: number): number {
    const delimiter = this.#delimiter;
    while (at < stop) {
      if (bytes[at] === this.#quote) at = this.#behindQuoted(bytes, at + 1, stop);
      for (let byte = 0; at < stop && byte !== delimiter; at++) {
        byte = bytes[at] as number;
        if (byte === NEWLINE) return at;
      }
    }
    return -1;
  }

  /** Behind the closing quote of a field whose opening one is before `at`; `stop` when there is none. */
  #behindQuoted(bytes: Uint8Array, at: number, stop: number): number {
    const quote = this.#quote;
    for (; at < stop; at++) {
      if (bytes[at] !== quote) continue;
      if (bytes[at + 1] !== quote || at + 1 >= stop) return at + 1;
      at++;
    }
    return stop;
  }
}
