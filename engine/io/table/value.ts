/** Which values a stored type can hold. */
import type { ColumnType, RowBatch } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';

const TWO_63 = 2 ** 63;

/** Whether the type holds the number: integers within their bits; floats take anything. */
export function holds(type: ColumnType, value: number): boolean {
  if (type === 'int') return (value | 0) === value;
  if (type !== 'long' && type !== 'timestamp') return true;
  return Number.isInteger(value) && value >= -TWO_63 && value < TWO_63;
}

/** Why a number is refused. */
export const misfitText = (type: ColumnType, value: number): string =>
  `${value} is not a value of type ${type}`;

/** Why an array with a null is refused as a list. */
export const NULL_IN_LIST = 'an element is null, which lists of Cassandra do not take';

/** Why null is refused in a key column. */
export const NULL_IN_KEY = 'null, but it is part of the primary key';

/**
 * Epoch ms from which the life of each row of a batch counts: event time of records, window_end of
 * window rows (K2).
 * @param windowEnd index of the column window_end, -1 when the sink does not write it
 * @throws EngineError ENG_SINK_FAILED for window rows without it
 */
export function birthsOf(batch: RowBatch, table: string, windowEnd: number): Float64Array {
  if (batch.origin.kind === 'records') return batch.origin.eventTimes;
  const vector = batch.vectors[windowEnd];
  if (vector?.kind !== 'number') {
    throw new EngineError(
      'ENG_SINK_FAILED',
      `table ${table} has a ttl, which counts from window_end: the sink must write that column`,
    );
  }
  return vector.values;
}

/** What a person is told once when rows are past their ttl. */
export const expiredNotice = (table: string): string =>
  `table ${table}: rows past their ttl, which counts from event time, are skipped`;
