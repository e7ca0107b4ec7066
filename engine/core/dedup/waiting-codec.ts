/** Rows that wait, as the header and the buffers of a snapshot, and back. */
import { type Vector, textOf } from '../batch.ts';
import { type Packed, columnBytes, packed } from '../packed.ts';
import { encodeUtf8 } from '../utf8.ts';
import { EngineError } from '../../errors.ts';
import type { Log, Run, WaitingTable } from './waiting-rows.ts';

/** What a snapshot's header says of a table. */
export interface SavedRows {
  readonly log: Log;
  readonly length: number;
  /** Rows before it have been taken. */
  readonly from: number;
  readonly numbers: number;
  /** By slot: nothing there, numbers, numbers some of which are null, text. */
  readonly vectors: readonly SavedKind[];
}

type SavedKind = '-' | 'number' | 'nullable' | 'text' | 'bytes';

/** How many buffers a vector takes. */
const BUFFERS: Record<SavedKind, number> = { '-': 0, number: 1, nullable: 2, text: 2, bytes: 2 };

/** How many buffers a table takes. */
export const buffersOf = ({ numbers, vectors }: SavedRows): number =>
  vectors.reduce((sum, kind) => sum + BUFFERS[kind], 4 + numbers);

/** Encodes what is left of a table. O(bytes). */
export function encodeRows({ table, from }: Run): { saved: SavedRows; buffers: Uint8Array[] } {
  const { log, length, places, numbers, vectors, entries, key } = table;
  const encoded = vectors.map(encodeVector);
  return {
    saved: {
      ...{ log, length, from, numbers: numbers.length },
      vectors: encoded.map(({ kind }) => kind),
    },
    buffers: [
      ...[places, ...numbers].map(columnBytes),
      columnBytes(key),
      columnBytes(entries.ends),
      entries.bytes,
      ...encoded.flatMap(({ buffers }) => buffers),
    ],
  };
}

/** Takes back what `encodeRows` gave. Throws ENG_STATE_CORRUPT. */
export function decodeRows(saved: SavedRows, buffers: readonly Uint8Array[]): WaitingTable {
  const { log, length, from, numbers } = saved;
  const left = [...buffers];
  const next = (): Uint8Array => {
    const buffer = left.shift();
    if (buffer === undefined) throw corrupt();
    return buffer;
  };
  const all = Array.from({ length: numbers + 1 }, () => numbersOf(next()));
  const key = integersOf(next());
  const entries = { ends: integersOf(next()), bytes: next() };
  const vectors = saved.vectors.map((kind) => decodeVector(kind, next));
  const lengths = [key.length, ...all.map((one) => one.length), ...vectors.flatMap(lengthOf)];
  if (left.length > 0 || lengths.some((each) => each !== length)) throw corrupt();
  const [places, ...others] = all as [Float64Array, ...Float64Array[]];
  return sliced({ log, length, places, numbers: others, vectors, entries, key }, from);
}

/** A table without its first rows. */
function sliced(table: WaitingTable, from: number): WaitingTable {
  if (from === 0) return table;
  const { length, places, numbers, vectors, key } = table;
  return {
    ...table,
    length: length - from,
    places: places.slice(from),
    numbers: numbers.map((column) => column.slice(from)),
    key: key.slice(from),
    vectors: vectors.map((vector) => vector && slicedVector(vector, from)),
  };
}

function slicedVector(vector: Vector, from: number): Vector {
  if (vector.kind === 'text') return { kind: 'text', values: vector.values.slice(from) };
  if (vector.kind === 'number') {
    const { values, valid } = vector;
    return { kind: 'number', values: values.slice(from), valid: valid?.slice(from) ?? null };
  }
  const { bytes, start, end } = vector;
  return { kind: 'bytes', bytes, start: start.slice(from), end: end.slice(from) };
}

interface EncodedVector {
  readonly kind: SavedKind;
  readonly buffers: Uint8Array[];
}

function encodeVector(vector: Vector | undefined): EncodedVector {
  if (vector === undefined) return { kind: '-', buffers: [] };
  if (vector.kind === 'number') {
    const { values, valid } = vector;
    if (valid === null) return { kind: 'number', buffers: [columnBytes(values)] };
    return { kind: 'nullable', buffers: [columnBytes(values), valid] };
  }
  if (vector.kind === 'text') {
    const { values } = vector;
    const bytesAt = (row: number): Uint8Array | null => {
      const text = values[row] ?? null;
      return text === null ? null : encodeUtf8(text);
    };
    return { kind: 'text', buffers: packedBuffers(packed(values.length, bytesAt)) };
  }
  const { bytes, start, end } = vector;
  const bytesAt = (row: number): Uint8Array | null => {
    const at = start[row] as number;
    return at < 0 ? null : bytes.subarray(at, end[row]);
  };
  return { kind: 'bytes', buffers: packedBuffers(packed(start.length, bytesAt)) };
}

function decodeVector(kind: SavedKind, next: () => Uint8Array): Vector | undefined {
  if (kind === '-') return undefined;
  if (kind === 'number' || kind === 'nullable') {
    const values = numbersOf(next());
    return { kind: 'number', values, valid: kind === 'nullable' ? next().slice() : null };
  }
  const lengths = integersOf(next());
  const bytes = next().slice();
  const start = new Int32Array(lengths.length);
  const end = new Int32Array(lengths.length);
  let at = 0;
  lengths.forEach((length, row) => {
    start[row] = length < 0 ? -1 : at;
    end[row] = at += Math.max(0, length);
  });
  if (at !== bytes.length) throw corrupt();
  if (kind === 'bytes') return { kind, bytes, start, end };
  const values = Array.from(start, (from, row) =>
    from < 0 ? null : textOf(bytes, from, end[row] as number),
  );
  return { kind, values };
}

function lengthOf(vector: Vector | undefined): number[] {
  if (vector === undefined) return [];
  return [vector.kind === 'bytes' ? vector.start.length : vector.values.length];
}

const packedBuffers = ({ lengths, bytes }: Packed): Uint8Array[] => [columnBytes(lengths), bytes];

const numbersOf = (bytes: Uint8Array): Float64Array => new Float64Array(aligned(bytes, 8));
const integersOf = (bytes: Uint8Array): Int32Array => new Int32Array(aligned(bytes, 4));

/** A copy of a column's bytes. */
function aligned(bytes: Uint8Array, width: number): ArrayBuffer {
  if (bytes.length % width !== 0) throw corrupt();
  return bytes.slice().buffer;
}

const corrupt = (): EngineError =>
  new EngineError('ENG_STATE_CORRUPT', 'the saved rows that wait for a dedup cannot be used');
