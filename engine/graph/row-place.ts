/** Which record a row is of, and which of the rows that it became: what tells dead letters apart (R6). */
import type { DedupTable, WantedLetter } from '../../workers/protocol.ts';

/** Where a row of a table is from, for its letter (R6). */
export const placeOf = (
  { offsets, indexes }: Pick<DedupTable, 'offsets' | 'indexes'>,
  row: number,
  index: number | undefined = indexes?.[row],
): Pick<WantedLetter, 'offset' | 'index'> => ({
  offset: offsets[row] as number,
  ...(index !== undefined && { index }),
});
