/**
 * Framing `lines`: every record is a line ended by `\n` (a `\r` before it is dropped); the last line
 * of a slice may lack its end. Offsets count lines from the slice's firstOffset; empty lines count
 * as tombstones, so that offsets stay line numbers. There is no broker timestamp.
 */
import type { Slice } from './protocol.ts';
import type { RecordTable } from './records.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Fills `table` with the lines of a slice, about `portionBytes` at a time (see decodeKafka). */
export function* decodeLines(
  bytes: Uint8Array,
  slice: Slice,
  table: RecordTable,
  portionBytes: number,
): Generator<RecordTable> {
  table.clear(bytes);
  table.lastBatch = null;
  const stop = slice.start + slice.length;
  let offset = slice.firstOffset;
  let portionEnd = slice.start + portionBytes;
  for (let at = slice.start; at < stop;) {
    if (at >= portionEnd) {
      yield table;
      table.clear(bytes);
      portionEnd = at + portionBytes;
    }
    let end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || end > stop) end = stop;
    const next = end + 1;
    if (end > at && bytes[end - 1] === CARRIAGE_RETURN) end--;
    table.reserve(1);
    const row = table.length++;
    table.offset[row] = offset++;
    table.timestamp[row] = NaN;
    table.keyStart[row] = -1;
    table.keyEnd[row] = -1;
    table.valueStart[row] = end > at ? at : -1;
    table.valueEnd[row] = end;
    at = next;
  }
  if (table.length > 0) yield table;
}
