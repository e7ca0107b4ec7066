/**
 * Framing `lines`: every record is a line ended by `\n` (a `\r` before it is dropped); the last line
 * of a slice may lack its end. Offsets count lines from the slice's firstOffset; empty lines count
 * as tombstones, so that offsets stay line numbers. There is no broker timestamp.
 */
import type { Input } from '../engine/core/json/simd/input.ts';
import { LineFinder } from '../engine/core/json/simd/line-finder.ts';
import type { Decode, RecordTable } from './records.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Builds what fills `table` with the lines of a slice, about `portionBytes` at a time (see openKafka). */
export function openLines(input: Input | null): Decode {
  const finder = new LineFinder(input);
  return function* (bytes, slice, table, portionBytes) {
    table.lastBatch = null;
    const stop = slice.start + slice.length;
    let offset = slice.firstOffset;
    for (let at = slice.start; at < stop;) {
      table.clear(bytes);
      const lines = finder.find(bytes, at, Math.min(stop, at + portionBytes));
      const ends = lines.length > 0 ? lines : [endOfLine(bytes, at, stop)];
      addLines(table, at, ends, offset);
      offset += ends.length;
      at = (ends.at(-1) as number) + 1;
      yield table;
    }
  };
}

/** The end of a line that is longer than a portion, or the last one, which may lack its end. */
function endOfLine(bytes: Uint8Array, at: number, stop: number): number {
  const end = bytes.indexOf(NEWLINE, at);
  return end < 0 || end > stop ? stop : end;
}

/** Adds the records that end at the `\n` at `ends`; the first begins at `from` and has `offset`. */
export function addLines(
  table: RecordTable,
  from: number,
  ends: ArrayLike<number>,
  offset: number,
): void {
  const count = ends.length;
  table.reserve(count);
  const first = table.length;
  const { bytes, valueStart, valueEnd } = table;
  let at = from;
  for (let i = 0; i < count; i++) {
    const to = ends[i] as number;
    const end = to > at && bytes[to - 1] === CARRIAGE_RETURN ? to - 1 : to;
    table.offset[first + i] = offset + i;
    valueStart[first + i] = end > at ? at : -1;
    valueEnd[first + i] = end;
    at = to + 1;
  }
  table.timestamp.fill(NaN, first, first + count);
  table.keyStart.fill(-1, first, first + count);
  table.keyEnd.fill(-1, first, first + count);
  table.length += count;
}
