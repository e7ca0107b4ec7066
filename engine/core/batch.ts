/**
 * Columnar data: what moves between decode, stages, windows and sinks. A record is never an object.
 *
 * A `Frame` of columns is an array of vectors addressed by slot; stages refer to slots and never copy
 * a vector they only read. Row subsets are selections: ascending row numbers in an Int32Array.
 */

/** The types of single values; bool is carried as 0/1, timestamp as epoch milliseconds. */
export type ScalarType = 'bool' | 'int' | 'long' | 'float' | 'double' | 'string' | 'timestamp';

/** `array<double!>` or `array<{ id: int!, main: string }>`, see array.ts; carried as JSON text. */
export type ArrayType = `array<${string}>`;

/** The types a column may have. */
export type ColumnType = ScalarType | ArrayType;

/** True for the type of an array. */
export const isArray = (type: ColumnType): type is ArrayType => type.startsWith('array<');

/** True for types whose cells are text: strings, and arrays as JSON. */
export const isText = (type: ColumnType): type is 'string' | ArrayType =>
  type === 'string' || isArray(type);

/** One declared or computed column. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/** A value of a column: bool 0/1, numbers, epoch ms, text, or null. */
export type Cell = number | string | null;

/** Numbers of every type but string. `valid[row] === 0` is null; `valid: null` means no nulls. */
export interface NumberVector {
  readonly kind: 'number';
  readonly values: Float64Array;
  readonly valid: Uint8Array | null;
}

/**
 * UTF-8 ranges into shared bytes. `start[row] < 0` is null. Rows with the same number, but 0, have the
 * same text, in all columns of one scan and in all batches: what is made of a text can be kept by it
 * (TextMemo). Its low bits are small integers.
 */
export interface BytesVector {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly numbers?: Float64Array;
}

/** Computed strings. */
export interface TextVector {
  readonly kind: 'text';
  readonly values: (string | null)[];
}

/** One column of data. */
export type Vector = NumberVector | BytesVector | TextVector;

/** Columns of the same rows, by slot; undefined where nothing was read or computed. */
export interface Frame {
  readonly vectors: readonly (Vector | undefined)[];
  readonly length: number;
}

/** A subset of the rows of a frame: `rows[0..count)`, ascending. */
export interface Selection {
  readonly rows: Int32Array;
  readonly count: number;
}

/** Where rows come from: the identity that makes a row's id deterministic. */
export type RowOrigin =
  | {
      readonly kind: 'records';
      readonly source: string;
      readonly partition: number;
      /** Offset of each row in its partition. */
      readonly offsets: Float64Array;
      /** Event time of each row, epoch ms. */
      readonly eventTimes: Float64Array;
      /** Broker timestamp of each row, epoch ms or NaN; for sinks that keep the envelope. */
      readonly timestamps?: Float64Array;
      /** Number of each row among those of its record, where an explode made several of one. */
      readonly indexes?: Float64Array;
    }
  | {
      readonly kind: 'window';
      readonly stage: string;
      /** Number of each row among those that an explode made of one. */
      readonly indexes?: Float64Array;
      /** The rows as the window gave them, and which of these each row is; for sinks that keep the envelope. */
      readonly given?: { readonly frame: Frame; readonly rows: Int32Array };
    };

/** Rows on their way to a sink; `vectors[i]` belongs to column i of the sink's plan node. */
export interface RowBatch {
  readonly length: number;
  readonly vectors: readonly Vector[];
  readonly origin: RowOrigin;
}

declare const TextDecoder: new (
  label?: string,
  options?: { fatal?: boolean; ignoreBOM?: boolean },
) => { decode(bytes: Uint8Array): string };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of `bytes[from, to)`, which must be valid UTF-8. Short ASCII takes no decoder. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= 24) {
    let text = '';
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      if (byte > 127) return utf8.decode(bytes.subarray(from, to));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return utf8.decode(bytes.subarray(from, to));
}

/** Whether a cell is null. */
export function isNull(vector: Vector, row: number): boolean {
  if (vector.kind === 'number') return vector.valid !== null && vector.valid[row] === 0;
  if (vector.kind === 'bytes') return (vector.start[row] as number) < 0;
  return (vector.values[row] ?? null) === null;
}

/** The value of one cell. O(length of the text). */
export function cellOf(vector: Vector, row: number): Cell {
  if (vector.kind === 'number') {
    if (vector.valid !== null && vector.valid[row] === 0) return null;
    return vector.values[row] as number;
  }
  if (vector.kind === 'text') return vector.values[row] ?? null;
  const start = vector.start[row] as number;
  return start < 0 ? null : textOf(vector.bytes, start, vector.end[row] as number);
}

/** A rough size in bytes of a row batch, for the byte ledger. */
export function sizeBytesOf(batch: RowBatch): number {
  let size = 64;
  for (const vector of batch.vectors) {
    if (vector.kind === 'number') size += batch.length * 9;
    else if (vector.kind === 'bytes') size += batch.length * 8 + vector.bytes.byteLength;
    else for (const value of vector.values) size += 16 + (value?.length ?? 0);
  }
  return size;
}
