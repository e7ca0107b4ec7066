/**
 * Framing `lines`: every record is a line ended by `\n` (a `\r` before it is dropped); the last line
 * of a slice may lack its end. Offsets count lines from the slice's firstOffset; empty lines count
 * as tombstones, so that offsets stay line numbers. There is no broker timestamp.
 */
import type { Input } from '../engine/core/json/simd/input.ts';
import { LineFinder } from '../engine/core/json/simd/line-finder.ts';
import type { Decode } from './decode-kafka.ts';
import type { RecordTable } from './records.ts';

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
      table.reserve(ends.length);
      for (const end of ends) {
        addLine(table, at, end);
        table.offset[table.length++] = offset++;
        at = end + 1;
      }
      yield table;
    }
  };
}

/** The end of a line that is longer than a portion, or the last one, which may lack its end. */
function endOfLine(bytes: Uint8Array, at: number, stop: number): number {
  const end = bytes.indexOf(NEWLINE, at);
  return end < 0 || end > stop ? stop : end;
}

/** Adds the record that ends at the `\n` at `to`, all but its offset. */
export function addLine(table: RecordTable, from: number, to: number): void {
  const row = table.length;
  const end = to > from && table.bytes[to - 1] === CARRIAGE_RETURN ? to - 1 : to;
  table.timestamp[row] = NaN;
  table.keyStart[row] = -1;
  table.keyEnd[row] = -1;
  table.valueStart[row] = end > from ? from : -1;
  table.valueEnd[row] = end;
}
