/** Rows that an explode made, as rows like others: what is known of their records, row by row. */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { elementIndexes } from '../engine/core/element-index.ts';
import { gatherValues } from '../engine/core/gather.ts';
import type { Pass } from './branch.ts';

/** Rows of a frame, and which row of the frame before each is of; null where they are the same. */
export interface Kept {
  readonly frame: Frame;
  readonly selection: Selection;
  readonly from: Int32Array | null;
}

/** The pass in which row r is what row `from[r]` was: its record, times and letters. O(rows). */
export function explodedPass(pass: Pass, from: Int32Array): Pass {
  const { table, reading, letters, indexes } = pass;
  const rows: Selection = { rows: from, count: from.length };
  const offset = gatherValues(table.offset, rows);
  return {
    ...pass,
    table: { offset, timestamp: gatherValues(table.timestamp, rows) },
    reading: {
      length: from.length,
      eventTime: gatherValues(reading.eventTime, rows),
      before: gatherValues(reading.before, rows),
    },
    letters: {
      add: (code, reason, row, place) => letters.add(code, reason, from[row] as number, place),
    },
    indexes: elementIndexes(from, indexes),
  };
}
