/** The key of a row in a topic. */
import { cellOf, type Column, type RowBatch } from './batch.ts';
import { cellText } from './row-json.ts';

/**
 * Builds the function that gives a row its key: the text of column `key`, or null where that is null
 * or there is no such column.
 */
export function buildRowKey(
  columns: readonly Column[],
  key: string | null,
): (batch: RowBatch, row: number) => string | null {
  const index = columns.findIndex(({ name }) => name === key);
  const column = columns[index];
  if (column === undefined) return () => null;
  return (batch, row) => {
    const vector = batch.vectors[index];
    const cell = vector === undefined ? null : cellOf(vector, row);
    return cell === null ? null : cellText(column.type, cell);
  };
}
