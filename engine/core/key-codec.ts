/**
 * Group keys as bytes (W9). A key of one string column is its UTF-8, so that it can be looked up
 * where it lies in the record; null is the byte FF, which no UTF-8 text contains. Any other key is
 * its cells one after the other:
 *
 *     null      00
 *     number    01, then 8 bytes that sort as the number does; −0 is 0, all NaN are one
 *     text      02, its length (base 128, high groups first, 80 marks that more follow), its UTF-8
 */
import type { BytesVector, Cell, ColumnType, Selection, Vector } from './batch.ts';
import { isText, textOf } from './batch.ts';
import type { KeyDictionary } from './key.ts';
import { encodeUtf8 } from './utf8.ts';

/** One column of a group key, in a frame. */
export interface KeyColumn {
  readonly slot: number;
  readonly type: ColumnType;
}

/** Frames to key ids and back. Not shared between threads; holds a scratch buffer. */
export interface KeyCodec {
  /**
   * Writes the key id of row `selection.rows[i]` to `into[i]`, adding new keys to the dictionary.
   * O(bytes of the keys).
   */
  assign(
    vectors: readonly (Vector | undefined)[],
    selection: Selection,
    dictionary: KeyDictionary,
    into: Int32Array,
  ): void;
  /** The cells of one key, by column. */
  cells(dictionary: KeyDictionary, id: number): Cell[];
  /** The cells of many keys as columns: numbers or text. O(keys · columns). */
  vectors(dictionary: KeyDictionary, ids: Int32Array): Vector[];
}

const NULL_TEXT = Uint8Array.of(0xff);
const NULL = 0;
const NUMBER = 1;
const TEXT = 2;

/** The codec for the key columns of a stage, in order. No columns: all records have one key. */
export function openKeyCodec(columns: readonly KeyColumn[]): KeyCodec {
  const [first] = columns;
  const single =
    columns.length === 1 && first !== undefined && isText(first.type) ? first.slot : null;
  const cells = (dictionary: KeyDictionary, id: number): Cell[] =>
    single === null
      ? decode(dictionary.bytesOf(id), columns.length)
      : [decodeText(dictionary.bytesOf(id))];
  const scratch = new KeyScratch();
  return {
    cells,
    assign(vectors, selection, dictionary, into) {
      const frame = columns.map(({ slot }) => vectors[slot] as Vector);
      const [text] = frame;
      if (single !== null && text?.kind === 'bytes') {
        assignText(text, selection, dictionary, into);
        return;
      }
      for (let i = 0; i < selection.count; i++) {
        const row = selection.rows[i] as number;
        scratch.length = 0;
        if (single !== null) scratch.putText(text as Vector, row);
        else for (const vector of frame) scratch.putCell(vector, row);
        into[i] = dictionary.idOf(scratch.bytes, 0, scratch.length);
      }
    },
    vectors(dictionary, ids) {
      const rows = Array.from(ids, (id) => cells(dictionary, id));
      return columns.map(({ type }, column) => vectorOf(rows, column, type));
    },
  };
}

/** Keys that are texts, where they lie. */
function assignText(
  { bytes, start, end, numbers }: BytesVector,
  { rows, count }: Selection,
  dictionary: KeyDictionary,
  into: Int32Array,
): void {
  const { lately } = dictionary;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const number = numbers === undefined ? 0 : (numbers[row] as number);
    if (lately.has(number)) {
      into[i] = lately.get(number);
      continue;
    }
    const from = start[row] as number;
    const id =
      from < 0
        ? dictionary.idOf(NULL_TEXT, 0, 1)
        : dictionary.idOf(bytes, from, end[row] as number);
    lately.set(number, id);
    into[i] = id;
  }
}

function vectorOf(rows: readonly Cell[][], column: number, type: ColumnType): Vector {
  if (isText(type)) {
    return { kind: 'text', values: rows.map((cells) => cells[column] as string | null) };
  }
  const values = Float64Array.from(rows, (cells) => (cells[column] ?? 0) as number);
  const valid = Uint8Array.from(rows, (cells) => (cells[column] === null ? 0 : 1));
  return { kind: 'number', values, valid: valid.includes(0) ? valid : null };
}

const decodeText = (bytes: Uint8Array): string | null =>
  bytes.length === 1 && bytes[0] === 0xff ? null : textOf(bytes, 0, bytes.length);

const eight = new DataView(new ArrayBuffer(8));

function decode(bytes: Uint8Array, columns: number): Cell[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cells: Cell[] = [];
  let at = 0;
  for (let column = 0; column < columns; column++) {
    const tag = bytes[at++];
    if (tag === NULL) cells.push(null);
    else if (tag === NUMBER) {
      const high = view.getInt32(at);
      const negative = high >= 0;
      eight.setInt32(0, negative ? ~high : high ^ 0x8000_0000);
      eight.setInt32(4, negative ? ~view.getInt32(at + 4) : view.getInt32(at + 4));
      cells.push(eight.getFloat64(0));
      at += 8;
    } else {
      let length = 0;
      let byte: number;
      do {
        byte = bytes[at++] as number;
        length = length * 128 + (byte & 0x7f);
      } while (byte >= 0x80);
      cells.push(textOf(bytes, at, at + length));
      at += length;
    }
  }
  return cells;
}

/** Bytes of one key in the making. */
class KeyScratch {
  bytes = new Uint8Array(256);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  /** A text without anything around it. */
  putText(vector: Vector, row: number): void {
    if (isNull(vector, row)) this.#put(NULL_TEXT, 0, 1);
    else this.#putBytes(vector, row, false);
  }

  /** A cell among others. */
  putCell(vector: Vector, row: number): void {
    this.#reserve(16);
    if (isNull(vector, row)) this.bytes[this.length++] = NULL;
    else if (vector.kind === 'number') this.#putNumber(vector.values[row] as number);
    else this.#putBytes(vector, row, true);
  }

  #putNumber(value: number): void {
    const at = this.length;
    this.bytes[at] = NUMBER;
    // −0 + 0 is 0; a NaN read from bytes may carry anything, the literal has one pattern.
    this.#view.setFloat64(at + 1, Number.isNaN(value) ? NaN : value + 0);
    const high = this.#view.getInt32(at + 1);
    this.#view.setInt32(at + 1, high < 0 ? ~high : high ^ 0x8000_0000);
    if (high < 0) this.#view.setInt32(at + 5, ~this.#view.getInt32(at + 5));
    this.length = at + 9;
  }

  #putBytes(vector: Vector, row: number, prefixed: boolean): void {
    if (vector.kind === 'bytes') {
      const from = vector.start[row] as number;
      const to = vector.end[row] as number;
      if (prefixed) this.#putLength(to - from);
      this.#put(vector.bytes, from, to);
    } else if (vector.kind === 'text') {
      const bytes = encodeUtf8(vector.values[row] as string);
      if (prefixed) this.#putLength(bytes.length);
      this.#put(bytes, 0, bytes.length);
    }
  }

  #putLength(length: number): void {
    this.bytes[this.length++] = TEXT;
    for (let shift = 28; shift > 0; shift -= 7) {
      if (length >> shift > 0) this.bytes[this.length++] = 0x80 | ((length >> shift) & 0x7f);
    }
    this.bytes[this.length++] = length & 0x7f;
  }

  #put(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    // Cells are short: a loop beats the set-up cost of subarray and set.
    for (let i = from; i < to; i++) this.bytes[this.length++] = bytes[i] as number;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array((this.bytes.length + more) * 2);
    wider.set(this.bytes);
    this.bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}

function isNull(vector: Vector, row: number): boolean {
  if (vector.kind === 'number') return vector.valid !== null && vector.valid[row] === 0;
  if (vector.kind === 'bytes') return (vector.start[row] as number) < 0;
  return (vector.values[row] ?? null) === null;
}
