/** Frames of values, as decoding would leave them. */
import type { Column, Frame, Selection, Vector } from '../../batch.ts';
import { encodeUtf8 } from '../../utf8.ts';
import type { Value } from './interpreter.fixture.ts';

/** A frame of rows given by value; strings as bytes or as text. */
export function frameOf(
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
  strings: 'bytes' | 'text',
): Frame {
  const vectors = columns.map(({ type, nullable }, slot): Vector => {
    const values = rows.map((row) => row[slot] ?? null);
    if (type !== 'string') return numbers(values, nullable);
    return strings === 'text'
      ? { kind: 'text', values: values as (string | null)[] }
      : bytes(values);
  });
  return { vectors, length: rows.length };
}

// What stands in a null's place is anything: here something that would show.
const GARBAGE = 12_345;

const numbers = (values: readonly Value[], nullable: boolean): Vector => ({
  kind: 'number',
  values: Float64Array.from(values, (value) => (value === null ? GARBAGE : Number(value))),
  valid: nullable ? Uint8Array.from(values, (value) => Number(value !== null)) : null,
});

function bytes(values: readonly Value[]): Vector {
  const start = new Int32Array(values.length);
  const end = new Int32Array(values.length);
  const all: number[] = [];
  values.forEach((value, i) => {
    start[i] = value === null ? -1 : all.length;
    if (value !== null) all.push(...encodeUtf8(String(value)));
    end[i] = all.length;
  });
  return { kind: 'bytes', bytes: Uint8Array.from(all), start, end };
}

/** All rows of a frame. */
export const everyRow = (length: number): Selection => ({
  rows: Int32Array.from({ length }, (_, i) => i),
  count: length,
});
