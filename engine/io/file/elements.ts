/** Files that are one JSON array as runs of its elements. */
import { elementEnd, isLastElement, skipBlank } from '../../core/json/elements.ts';
import { EngineError } from '../../errors.ts';
import { type Cutter, cutRuns } from './cut-runs.ts';
import type { Part } from './input.ts';
import { chunksOf, tooLong } from './part-bytes.ts';
import type { PartReader } from './runs.ts';

const OPENING = 0x5b;

/** The byte behind the bracket that opens an array; null when a part is none, but lines. */
export async function arrayStart(part: Part): Promise<number | null> {
  let passed = 0;
  for await (const chunk of chunksOf(part, 0)) {
    const isMarked = passed === 0 && chunk.indexOf('\uFEFF') === 0;
    const at = skipBlank(chunk, isMarked ? 3 : 0, chunk.length);
    if (at < chunk.length) return chunk[at] === OPENING ? passed + at + 1 : null;
    passed += chunk.length;
  }
  return null;
}

/** Reads a part as the elements of the array that begins at `begin`. */
export function elementsOf(part: Part, begin: number): PartReader {
  /** The byte behind the array, once it is known. */
  let end = Infinity;
  return {
    isArray: true,
    read(from) {
      const start = Math.max(from, begin);
      const cutter = new ElementCutter(part, start, { isFirst: start === begin, end });
      cutter.onEnd = (byte) => {
        end = byte;
      };
      return cutRuns(part, start, cutter);
    },
    startOf(bytes, record) {
      let at = 0;
      for (let i = 0; i < record; i++) at = elementEnd(bytes, at, bytes.length) + 1;
      return at;
    },
  };
}

/** Tells the elements of one array apart, from its beginning or the one behind a comma on. */
export class ElementCutter implements Cutter {
  onEnd: (byte: number) => void = () => undefined;
  readonly #part: Part;
  /** The byte of the part that comes next. */
  #at: number;
  #isFirst: boolean;
  #isAtEnd: boolean;

  constructor(part: Part, at: number, { isFirst, end }: { isFirst: boolean; end: number }) {
    this.#part = part;
    this.#at = at;
    this.#isFirst = isFirst;
    this.#isAtEnd = at >= end;
  }

  cut(bytes: Uint8Array, isLast: boolean): { end: number; records: number } {
    if (this.#isAtEnd) return this.#cutBlank(bytes);
    let end = 0;
    let records = 0;
    while (!this.#isAtEnd) {
      const found = elementEnd(bytes, end, bytes.length);
      if (found < 0) break;
      this.#isAtEnd = isLastElement(bytes, found);
      const isNone = this.#isFirst && this.#isAtEnd && skipBlank(bytes, end, found) === found;
      records += isNone ? 0 : 1;
      this.#isFirst = false;
      end = found + 1;
    }
    this.#at += end;
    if (this.#isAtEnd) this.onEnd(this.#at);
    else if (isLast) throw this.#broken('the array in it does not end: it was cut off');
    return { end, records };
  }

  tooLong(): Error {
    return tooLong(this.#part, 'an element', 'is a string or bracket not closed?');
  }

  /** Behind the array there is nothing. */
  #cutBlank(bytes: Uint8Array): { end: number; records: number } {
    const other = skipBlank(bytes, 0, bytes.length);
    if (other < bytes.length) {
      throw this.#broken(`something follows its array at byte ${this.#at + other}`);
    }
    this.#at += bytes.length;
    return { end: bytes.length, records: 0 };
  }

  #broken(problem: string): EngineError {
    return new EngineError('ENG_FILE_READ', `${this.#part.path}: ${problem}`);
  }
}
