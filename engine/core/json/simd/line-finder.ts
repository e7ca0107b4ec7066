/** Where lines end, sixteen bytes at a time. */
import { type Code, startCode } from './code.ts';

const NEWLINE = 10;
const INPUT_BYTES = 256 * 1024;
/** Lines found in one call at most. */
const LINES = 8192;
const PADDING = 64;

/** Finds the ends of lines; one per thread. */
export class LineFinder {
  readonly #code: Code | null;
  readonly #input: Uint8Array;
  readonly #found: Int32Array;

  constructor() {
    const started = startCode(INPUT_BYTES + PADDING + LINES * 4);
    this.#code = started?.code ?? null;
    const memory = started?.memory ?? new ArrayBuffer(0);
    this.#input = new Uint8Array(memory, 0, started === null ? 0 : INPUT_BYTES);
    const at = started === null ? 0 : INPUT_BYTES + PADDING;
    this.#found = new Int32Array(memory, at, started === null ? 0 : LINES);
  }

  /** Positions of newlines in bytes[from, to): the first ones, valid until the next call. */
  find(bytes: Uint8Array, from: number, to: number): Int32Array {
    if (this.#code === null) return findPlainly(bytes, from, to);
    const end = Math.min(to, from + INPUT_BYTES);
    this.#input.set(bytes.subarray(from, end));
    const count = this.#code.lines(0, end - from, this.#found.byteOffset, LINES, from);
    return this.#found.subarray(0, count);
  }

  /** How many newlines there are in the bytes. */
  count(bytes: Uint8Array): number {
    if (this.#code === null) return findPlainly(bytes, 0, bytes.length).length;
    let count = 0;
    for (let from = 0; from < bytes.length; from += INPUT_BYTES) {
      const part = bytes.subarray(from, from + INPUT_BYTES);
      this.#input.set(part);
      count += this.#code.countLines(0, part.length);
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
