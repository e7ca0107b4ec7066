/**
 * Elements of a JSON array: a slice is some of them, each with the comma or bracket behind it. White
 * space around them is left out. An element of nothing is a record that cannot be read.
 */
import { elementEnd, isLastElement, skipBlank, trimBlank } from '../engine/core/json/elements.ts';
import type { Decode, RecordTable } from './records.ts';

/** Fills `table` with the elements of a slice, about `portionBytes` at a time (see openKafka). */
export const decodeElements: Decode = function* (bytes, slice, table, portionBytes) {
  table.lastBatch = null;
  const stop = slice.start + slice.length;
  let offset = slice.firstOffset;
  for (let at = slice.start; at < stop;) {
    table.clear(bytes);
    for (const from = at; at < stop && at - from < portionBytes;) {
      const found = elementEnd(bytes, at, stop);
      const end = found < 0 ? stop : found;
      table.reserve(1);
      addElement(table, skipBlank(bytes, at, end), end);
      table.offset[table.length++] = offset++;
      at = found < 0 || isLastElement(bytes, found) ? stop : end + 1;
    }
    yield table;
  }
};

function addElement(table: RecordTable, from: number, to: number): void {
  const row = table.length;
  table.timestamp[row] = NaN;
  table.keyStart[row] = -1;
  table.keyEnd[row] = -1;
  table.valueStart[row] = from;
  table.valueEnd[row] = trimBlank(table.bytes, from, to);
}
