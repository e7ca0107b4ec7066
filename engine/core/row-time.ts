/** The event time of a row that reaches a sink. */
import type { Column, RowBatch } from './batch.ts';

/**
 * Builds the function that gives a row's event time, epoch ms: that of its record, or window_end − 1
 * of a window row (W8); NaN for window rows without a column `window_end`.
 */
export function buildRowTime(columns: readonly Column[]): (batch: RowBatch, row: number) => number {
  const windowEnd = columns.findIndex(({ name }) => name === 'window_end');
  return ({ origin, vectors }, row) => {
    if (origin.kind === 'records') return origin.eventTimes[row] ?? NaN;
    const ends = vectors[windowEnd];
    return ends?.kind === 'number' ? (ends.values[row] ?? NaN) - 1 : NaN;
  };
}
