/**
 * Columns of window state as bytes, in the byte order of the machine (little-endian wherever the
 * engine runs), and back.
 */
import { EngineError } from '../../errors.ts';
import type { CollectionColumn } from '../aggregate/collection-column.ts';
import type { StateRows } from '../aggregate/state-rows.ts';
import { textOf } from '../batch.ts';
import { type Packed, packed } from '../packed.ts';
import { encodeUtf8 } from '../utf8.ts';

/** Numbers that identify rows: keys, skips, instants. */
export type PlainColumn = Int32Array | Float64Array;

/**
 * The columns of a table: `own` ones, then records and numbers of its state, and a pair of lengths and
 * bytes for each column of texts and of collections. Views that must not change, but for those pairs,
 * which are encoded.
 */
export function columnsOf(own: readonly PlainColumn[], rows: StateRows): Uint8Array[] {
  const { length, records, numbers, texts, collections } = rows;
  return [
    ...own.map((column) => bytesOf(column, length)),
    bytesOf(records, length),
    ...numbers.map((column) => bytesOf(column, length)),
    ...texts.flatMap((column) => packedOf(packed(length, (row) => encodedAt(column, row)))),
    ...collections.flatMap((column) => packedOf(column.encode(length))),
  ];
}

/** The bytes of the first `length` numbers: a view. */
export const bytesOf = (column: PlainColumn, length: number): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, length * column.BYTES_PER_ELEMENT);

const encodedAt = (column: readonly (string | null)[], row: number): Uint8Array | null => {
  const text = column[row] ?? null;
  return text === null ? null : encodeUtf8(text);
};

const packedOf = ({ lengths, bytes }: Packed): Uint8Array[] => [
  bytesOf(lengths, lengths.length),
  bytes,
];

/** Takes columns of a table off the list of buffers, copying them (they may be unaligned). */
export class ColumnReader {
  readonly #buffers: readonly Uint8Array[];
  readonly #length: number;
  #next = 0;

  constructor(buffers: readonly Uint8Array[], length: number) {
    this.#buffers = buffers;
    this.#length = length;
  }

  /** The next column, of integers of 32 bits. */
  integers(): Int32Array {
    return new Int32Array(this.#take(4));
  }

  /** The next column, of numbers. */
  numbers(): Float64Array {
    return new Float64Array(this.#take(8));
  }

  /** Fills the state of rows that are open already. */
  state(rows: StateRows): void {
    if (rows.length !== this.#length) throw corrupt('two groups have the same key');
    rows.records.set(this.numbers());
    for (const column of rows.numbers) column.set(this.numbers());
    for (const column of rows.texts) this.#texts(column);
    for (const column of rows.collections) this.#collections(column);
  }

  #collections(column: CollectionColumn): void {
    const lengths = this.integers();
    const bytes = this.#buffers[this.#next++] ?? new Uint8Array();
    const size = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
    if (size !== bytes.length) throw corrupt('a column of collections has another length');
    column.decode({ lengths, bytes });
  }

  #texts(column: (string | null)[]): void {
    const lengths = this.integers();
    const bytes = this.#buffers[this.#next++] ?? new Uint8Array();
    let at = 0;
    for (let row = 0; row < lengths.length; row++) {
      const length = lengths[row] as number;
      if (length < 0) continue;
      column[row] = textOf(bytes, at, at + length);
      at += length;
    }
    if (at !== bytes.length) throw corrupt('a text column has another length');
  }

  #take(width: number): ArrayBuffer {
    const bytes = this.#buffers[this.#next++];
    if (bytes?.length !== this.#length * width) throw corrupt('a column has another length');
    return bytes.slice().buffer;
  }
}

/** The error of state that does not fit: ENG_STATE_CORRUPT. */
export const corrupt = (what: string): EngineError =>
  new EngineError('ENG_STATE_CORRUPT', `the saved window state cannot be used: ${what}`);
