/**
 * The columns a scan fills. The caller owns them: it opens them once, hands them to `Scan.open` for
 * each batch of bytes, and takes vectors off them before the next.
 */
import { isText, textOf } from '../batch.ts';
import type { Vector } from '../batch.ts';
import type { Field } from './projection.ts';

/**
 * Row r of field f. Numbers and bools (0/1) and timestamps (epoch ms) are in `values[f][r]`, strings and
 * arrays (as JSON text, always in the heap) in `start[f][r]`, `end[f][r]`; the arrays a type does not use are empty. `valid[f][r]` is 1 for
 * non-null whatever the type.
 *
 * A string cell is a range of UTF-8: of `bytes` where `start >= 0`; null where `start === -1`; of
 * `heap`, from `-2 - start` to `end`, where the text held escapes and had to be written anew.
 */
export interface ScanColumns {
  readonly fields: readonly Field[];
  readonly values: Float64Array[];
  readonly valid: Uint8Array[];
  readonly start: Int32Array[];
  readonly end: Int32Array[];
  /** Of numbered texts: 0, or a number that among these fields no other text has. */
  readonly numbers: Float64Array[];
  /** Rows every column has room for. */
  capacity: number;
  /** The bytes scanned since `Scan.open`; not owned. */
  bytes: Uint8Array;
  heap: Uint8Array;
  heapBytes: number;
}

/** Columns with room for `capacity` rows; the scan lets them grow by doubling. */
export function openColumns(fields: readonly Field[], capacity = 1024): ScanColumns {
  return {
    fields,
    values: fields.map((field) => new Float64Array(isText(field.type) ? 0 : capacity)),
    valid: fields.map(() => new Uint8Array(capacity)),
    start: fields.map((field) => new Int32Array(isText(field.type) ? capacity : 0)),
    end: fields.map((field) => new Int32Array(isText(field.type) ? capacity : 0)),
    numbers: fields.map(({ numbered }) => new Float64Array(numbered === true ? capacity : 0)),
    capacity,
    bytes: new Uint8Array(0),
    heap: new Uint8Array(256),
    heapBytes: 0,
  };
}

/** Makes room for `rows` rows, keeping the cells. Vectors taken earlier keep the old arrays. */
export function growColumns(columns: ScanColumns, rows: number): void {
  let capacity = Math.max(columns.capacity, 1);
  while (capacity < rows) capacity *= 2;
  const grow = <A extends Float64Array | Uint8Array | Int32Array>(old: A, fresh: A): A => {
    fresh.set(old);
    return fresh;
  };
  columns.fields.forEach(({ type, numbered }, f) => {
    columns.valid[f] = grow(columns.valid[f] as Uint8Array, new Uint8Array(capacity));
    if (isText(type)) {
      columns.start[f] = grow(columns.start[f] as Int32Array, new Int32Array(capacity));
      columns.end[f] = grow(columns.end[f] as Int32Array, new Int32Array(capacity));
      if (numbered === true) {
        columns.numbers[f] = grow(columns.numbers[f] as Float64Array, new Float64Array(capacity));
      }
    } else {
      columns.values[f] = grow(columns.values[f] as Float64Array, new Float64Array(capacity));
    }
  });
  columns.capacity = capacity;
}

/** Makes room for `more` bytes at the end of the heap, by doubling. */
export function growHeap(columns: ScanColumns, more: number): void {
  let size = columns.heap.length;
  while (size < columns.heapBytes + more) size *= 2;
  if (size === columns.heap.length) return;
  const heap = new Uint8Array(size);
  heap.set(columns.heap.subarray(0, columns.heapBytes));
  columns.heap = heap;
}

/** The text of a string cell, or null. O(its length). */
export function cellText(columns: ScanColumns, field: number, row: number): string | null {
  const start = columns.start[field]?.[row] as number;
  const end = columns.end[field]?.[row] as number;
  if (start >= 0) return textOf(columns.bytes, start, end);
  return start === -1 ? null : textOf(columns.heap, -2 - start, end);
}

/**
 * Column `field` of the first `rows` rows as a vector. It shares the columns' arrays and the scanned
 * bytes, so it is good until the next `Scan.open` — except where a string had escapes: then the
 * column's text is copied together, since a vector has one byte array. O(rows) then.
 */
export function vectorOf(columns: ScanColumns, field: number, rows: number): Vector {
  const { type, required, numbered } = columns.fields[field] as Field;
  if (!isText(type)) {
    const values = (columns.values[field] as Float64Array).subarray(0, rows);
    const valid = required ? null : (columns.valid[field] as Uint8Array).subarray(0, rows);
    return { kind: 'number', values, valid };
  }
  const start = (columns.start[field] as Int32Array).subarray(0, rows);
  const end = (columns.end[field] as Int32Array).subarray(0, rows);
  if (columns.heapBytes === 0 || start.every((at) => at >= -1)) {
    const range = { kind: 'bytes', bytes: columns.bytes, start, end } as const;
    const numbers = columns.numbers[field] as Float64Array;
    return numbered === true ? { ...range, numbers: numbers.subarray(0, rows) } : range;
  }
  return joinText(columns, start, end);
}

/** One byte array for cells that lie partly in the input and partly in the heap. */
function joinText(columns: ScanColumns, start: Int32Array, end: Int32Array): Vector {
  let size = 0;
  start.forEach((at, row) => {
    size += at === -1 ? 0 : (end[row] as number) - (at < 0 ? -2 - at : at);
  });
  const joined = { bytes: new Uint8Array(size), start: start.slice(), end: end.slice() };
  let used = 0;
  start.forEach((at, row) => {
    if (at === -1) return;
    const from = at < 0 ? -2 - at : at;
    joined.bytes.set((at < 0 ? columns.heap : columns.bytes).subarray(from, end[row]), used);
    joined.start[row] = used;
    used += (end[row] as number) - from;
    joined.end[row] = used;
  });
  return { kind: 'bytes', ...joined };
}
