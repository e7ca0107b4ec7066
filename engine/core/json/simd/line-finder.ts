/** Where lines end, sixteen bytes at a time. */
import { type Input, openInput } from './input.ts';
import { LINES } from './memory.ts';

const NEWLINE = 10;
/** Bytes of one call at most: they stay in the processor's cache. */
const PART_BYTES = 256 * 1024;

/** Finds the ends of lines; one per thread. */
export class LineFinder {
  readonly #input: Input | null;
  readonly #found: Int32Array;

  /** An `input` that is shared with a scan spares it copying the lines again. */
  constructor(input: Input | null = openInput()) {
    this.#input = input;
    const memory = input?.memory ?? new ArrayBuffer(0);
    this.#found = new Int32Array(memory, input?.layout.found ?? 0, input === null ? 0 : LINES);
  }

  /** Positions of newlines in bytes[from, to): the first ones, valid until the next call. */
  find(bytes: Uint8Array, from: number, to: number): Int32Array {
    const input = this.#input;
    if (input === null) return findPlainly(bytes, from, to);
    const end = Math.min(to, from + PART_BYTES);
    input.bring(bytes, from, end);
    const { code, layout, shift } = input;
    const count = code.lines(from + shift, end + shift, layout.found, LINES, from);
    return this.#found.subarray(0, count);
  }

  /** How many newlines there are in the bytes. */
  count(bytes: Uint8Array): number {
    const input = this.#input;
    if (input === null) return findPlainly(bytes, 0, bytes.length).length;
    let count = 0;
    for (let from = 0; from < bytes.length; from += PART_BYTES) {
      const end = Math.min(bytes.length, from + PART_BYTES);
      input.bring(bytes, from, end);
      count += input.code.countLines(from + input.shift, end + input.shift);
    }
    return count;
  }
}

function findPlainly(bytes: Uint8Array, from: number, to: number): Int32Array {
  const found: number[] = [];
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0 && at < to;) {
    found.push(at);
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return Int32Array.from(found);
}
