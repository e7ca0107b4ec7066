/**
 * Rows of CSV: as lines, but that a line break between quotes is part of a row. The first line of the
 * file, which names its columns, is not among them: it comes with the slice.
 */
import type { CsvMarks } from '../engine/core/csv/dialect.ts';
import { RowFinder } from '../engine/core/csv/rows.ts';
import type { Input } from '../engine/core/json/simd/input.ts';
import { addLines, openLines } from './decode-lines.ts';
import type { Decode } from './records.ts';

/** Builds what fills a table with the rows of a slice (see openLines). */
export function openRows(marks: CsvMarks, input: Input | null): Decode {
  const finder = new RowFinder(marks);
  const decodeLines = openLines(input);
  return function* (bytes, slice, table, portionBytes) {
    const stop = slice.start + slice.length;
    if (!finder.hasQuotes(bytes, slice.start, stop)) {
      yield* decodeLines(bytes, slice, table, portionBytes);
      return;
    }
    table.lastBatch = null;
    let offset = slice.firstOffset;
    for (let at = slice.start; at < stop;) {
      table.clear(bytes);
      for (const from = at; at < stop && at - from < portionBytes;) {
        const newline = finder.endOf(bytes, at, stop);
        const end = newline < 0 ? stop : newline;
        addLines(table, at, [end], offset++);
        at = end + 1;
      }
      yield table;
    }
  };
}
