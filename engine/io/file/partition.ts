/** One partition of a file source: its parts one after the other, as numbered records. */
import type { Part } from './input.ts';
import type { PartReader } from './runs.ts';

/** Records [first, next) of a partition, all of them of one part. */
export interface Numbered {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly first: number;
  readonly next: number;
  /** The part, and where the bytes begin in it, unpacked. */
  readonly path: string;
  readonly byte: number;
  /** What the part is read by. */
  readonly reader: PartReader;
}

/** A place to begin reading at: record `record` of the partition begins at `byte` of a part. */
interface Mark {
  readonly record: number;
  readonly part: number;
  readonly byte: number;
}

/** Its parts, and marks left behind by reading, so that records are found again. */
export class Partition {
  readonly #parts: readonly Part[];
  readonly #readerOf: (part: Part) => Promise<PartReader>;
  readonly #marks: Mark[] = [{ record: 0, part: 0, byte: 0 }];

  /** `readerOf` is asked for a part whenever it is read. */
  constructor(parts: readonly Part[], readerOf: (part: Part) => Promise<PartReader>) {
    this.#parts = parts;
    this.#readerOf = readerOf;
  }

  /** Reads records [first, next) in runs. O(1 MiB) to find a record that was read before. */
  async *read(first: number, next = Infinity): AsyncGenerator<Numbered, undefined> {
    const mark = this.#marks.findLast(({ record }) => record <= first);
    let { record, part, byte } = mark ?? { record: 0, part: 0, byte: 0 };
    for (; part < this.#parts.length; part++, byte = 0) {
      const file = this.#parts[part] as Part;
      const reader = await this.#readerOf(file);
      for await (const { bytes, records, from, to } of reader.read(byte)) {
        const begin = record;
        record += records;
        this.#mark({ record, part, byte: to });
        if (record <= first) continue;
        const span = { first: Math.max(first, begin), next: Math.min(next, record) };
        const start = span.first === begin ? 0 : reader.startOf(bytes, span.first - begin);
        const end = span.next === record ? bytes.length : reader.startOf(bytes, span.next - begin);
        // What is given away lies at the beginning of its buffer.
        const own = start === 0 ? bytes.subarray(0, end) : bytes.slice(start, end);
        yield { bytes: own, ...span, path: file.path, byte: from + start, reader };
        if (record >= next) return undefined;
      }
    }
    return undefined;
  }

  /** The number of records. Reads what has not been read yet. */
  async count(): Promise<number> {
    let record = this.#marks.at(-1)?.record ?? 0;
    for await (const { next } of this.read(record)) record = next;
    return record;
  }

  #mark(mark: Mark): void {
    if (mark.record > (this.#marks.at(-1)?.record ?? -1)) this.#marks.push(mark);
  }
}
