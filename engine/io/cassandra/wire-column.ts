/**
 * Cells in Cassandra's wire format, written from a batch's vectors straight into a request: no object
 * and no buffer per cell, and text that came as UTF-8 bytes is never decoded.
 */
import { arrayCells, elementOf, parseArray } from '../../core/array.ts';
import {
  cellOf,
  isArray,
  isText,
  textOf,
  type BytesVector,
  type Cell,
  type ColumnType,
  type NumberVector,
  type ScalarType,
  type TextVector,
  type Vector,
} from '../../core/batch.ts';
import { holds, misfitText, NULL_IN_LIST } from '../table/value.ts';

/** Bytes of a request and a view of the same bytes. */
export interface Frame {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** One column of a batch as parameters of a statement. Borrows the vector. */
export interface WireColumn {
  /** Bytes of every cell that is not null, or null when that varies. */
  readonly width: number | null;
  /** Bytes of the cell, −1 for null. O(1). */
  sizeOf(row: number): number;
  /** Writes a cell that is not null. */
  write(frame: Frame, at: number, row: number): void;
  /** Text that is equal for equal cells. */
  keyOf(row: number): string;
}

type Put = (view: DataView, at: number, value: number) => void;

const TWO_32 = 4_294_967_296;
/** Copying byte by byte is faster than a call for text this short. */
const SHORT_BYTES = 24;

/** Writes an integer of up to 63 bits and sign; exact, since halves are split off by powers of two. */
const putInt64: Put = (view, at, value) => {
  const high = Math.floor(value / TWO_32);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * TWO_32);
};

const putInt32: Put = (view, at, value) => view.setInt32(at, value);

const NUMBERS = {
  bool: { width: 1, put: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1) },
  int: { width: 4, put: putInt32 },
  long: { width: 8, put: putInt64 },
  float: { width: 4, put: (view, at, value) => view.setFloat32(at, value) },
  double: { width: 8, put: (view, at, value) => view.setFloat64(at, value) },
  timestamp: { width: 8, put: putInt64 },
} as const satisfies Record<Exclude<ScalarType, 'string'>, { width: number; put: Put }>;

class NumberColumn implements WireColumn {
  readonly width: number;
  readonly #put: Put;
  readonly #values: Float64Array;
  readonly #valid: Uint8Array | null;

  constructor({ values, valid }: NumberVector, { width, put }: { width: number; put: Put }) {
    this.width = width;
    this.#put = put;
    this.#values = values;
    this.#valid = valid;
  }

  sizeOf(row: number): number {
    return this.#valid !== null && this.#valid[row] === 0 ? -1 : this.width;
  }

  write({ view }: Frame, at: number, row: number): void {
    this.#put(view, at, this.#values[row] as number);
  }

  keyOf(row: number): string {
    return String(this.#values[row]);
  }
}

class BytesColumn implements WireColumn {
  readonly width = null;
  readonly #vector: BytesVector;
  readonly #bytes: Buffer;

  constructor(vector: BytesVector) {
    const { buffer, byteOffset, byteLength } = vector.bytes;
    this.#vector = vector;
    this.#bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  sizeOf(row: number): number {
    const start = this.#vector.start[row] as number;
    return start < 0 ? -1 : (this.#vector.end[row] as number) - start;
  }

  write({ bytes }: Frame, at: number, row: number): void {
    const start = this.#vector.start[row] as number;
    const end = this.#vector.end[row] as number;
    if (end - start > SHORT_BYTES) this.#bytes.copy(bytes, at, start, end);
    else for (let from = start; from < end; from++) bytes[at++] = this.#bytes[from] as number;
  }

  keyOf(row: number): string {
    const start = this.#vector.start[row] as number;
    return textOf(this.#vector.bytes, start, this.#vector.end[row] as number);
  }
}

class TextColumn implements WireColumn {
  readonly width = null;
  readonly #values: readonly (string | null)[];
  readonly #sizes: Int32Array;

  constructor({ values }: TextVector) {
    this.#values = values;
    this.#sizes = Int32Array.from(values, (value) =>
      value === null ? -1 : Buffer.byteLength(value),
    );
  }

  sizeOf(row: number): number {
    return this.#sizes[row] as number;
  }

  write({ bytes }: Frame, at: number, row: number): void {
    bytes.write(this.#values[row] ?? '', at);
  }

  keyOf(row: number): string {
    return this.#values[row] ?? '';
  }
}

/** Lists: their length, then each element behind its size (native protocol, section 5.12). */
class ListColumn implements WireColumn {
  readonly width = null;
  readonly #vector: BytesVector | TextVector;
  readonly #type: ScalarType;
  readonly #lists: (Buffer | null)[];

  constructor(vector: BytesVector | TextVector, type: ScalarType) {
    this.#vector = vector;
    this.#type = type;
    const { length } = vector.kind === 'text' ? vector.values : vector.start;
    this.#lists = Array.from({ length }, (_, row) => this.#encode(row));
  }

  #encode(row: number): Buffer | null {
    const text = cellOf(this.#vector, row);
    if (text === null) return null;
    const elements = arrayCells(this.#type, String(text)).map((cell) =>
      elementBytes(this.#type, cell),
    );
    const bytes = Buffer.concat([Buffer.alloc(4), ...elements]);
    bytes.writeInt32BE(elements.length);
    return bytes;
  }

  sizeOf(row: number): number {
    return this.#lists[row]?.length ?? -1;
  }

  write({ bytes }: Frame, at: number, row: number): void {
    this.#lists[row]?.copy(bytes, at);
  }

  keyOf(row: number): string {
    return String(cellOf(this.#vector, row));
  }
}

/** An element and its size before it; rows with a null among them are refused. */
function elementBytes(type: ScalarType, cell: Cell): Buffer {
  if (type === 'string') {
    const text = Buffer.from(String(cell));
    const bytes = Buffer.alloc(4 + text.length);
    bytes.writeInt32BE(text.length);
    text.copy(bytes, 4);
    return bytes;
  }
  const { width, put } = NUMBERS[type];
  const bytes = Buffer.alloc(4 + width);
  bytes.writeInt32BE(width);
  put(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 4, Number(cell));
  return bytes;
}

/** A column of a batch. `vector` must stay as it is until the rows are acknowledged. */
export function wireColumn(vector: Vector, type: ColumnType): WireColumn {
  const element = isArray(type) ? elementOf(type) : null;
  if (element?.kind === 'scalar' && vector.kind !== 'number') {
    return new ListColumn(vector, element.type);
  }
  if (vector.kind === 'text') return new TextColumn(vector);
  if (vector.kind === 'bytes') return new BytesColumn(vector);
  return new NumberColumn(vector, isText(type) ? NUMBERS.double : NUMBERS[type]);
}

/** Rising write timestamps `first, first + 1, …` in microseconds (below 2^53). */
export function timestampColumn(first: bigint, length: number): WireColumn {
  const base = Number(first);
  const values = Float64Array.from({ length }, (_, row) => base + row);
  return new NumberColumn({ kind: 'number', values, valid: null }, NUMBERS.long);
}

/** Whole seconds. */
export const secondsColumn = (values: Float64Array): WireColumn =>
  new NumberColumn({ kind: 'number', values, valid: null }, NUMBERS.int);

/** Calls `onBad` for every value that its column type cannot hold. O(length). */
export function checkColumn(
  vector: Vector,
  type: ColumnType,
  length: number,
  onBad: (row: number, reason: string) => void,
): void {
  if (vector.kind !== 'number' && isArray(type) && elementOf(type).kind === 'scalar') {
    for (let row = 0; row < length; row++) {
      const text = cellOf(vector, row);
      if (text !== null && parseArray(String(text)).includes(null)) onBad(row, NULL_IN_LIST);
    }
    return;
  }
  if (vector.kind !== 'number' || (type !== 'int' && type !== 'long' && type !== 'timestamp'))
    return;
  const { values, valid } = vector;
  for (let row = 0; row < length; row++) {
    const value = values[row] as number;
    if (holds(type, value) || (valid !== null && valid[row] === 0)) continue;
    onBad(row, misfitText(type, value));
  }
}
