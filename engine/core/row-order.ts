/**
 * Rows of records in the order of their offsets. Rows that come by the inputs of a union come input by
 * input; which of two rows of one key is the last one must not depend on how many were read at once.
 */
import { type RowBatch, type RowOrigin, type Vector, cellOf } from './batch.ts';

type Records = Extract<RowOrigin, { readonly kind: 'records' }>;

/** Where a row is. */
interface Place {
  readonly batch: RowBatch;
  readonly origin: Records;
  readonly row: number;
}

const originOf = ({ origin }: RowBatch): Records => {
  if (origin.kind !== 'records') throw new Error('rows of windows have no offsets');
  return origin;
};

/** Whether the offsets of batches that follow each other go back anywhere. O(batches). */
export const isOutOfOrder = (batches: readonly RowBatch[]): boolean =>
  batches.some((batch, i) => {
    const before = batches[i - 1];
    if (before === undefined || before.length === 0 || batch.length === 0) return false;
    const last = originOf(before).offsets[before.length - 1] as number;
    return (originOf(batch).offsets[0] as number) <= last;
  });

/**
 * Batches of one sink and one partition as one, by offset, then by the number of a row among those of
 * its record, then as they came. O(rows · (log rows + columns)).
 */
export function inOffsetOrder(batches: readonly [RowBatch, ...RowBatch[]]): RowBatch {
  const [first] = batches;
  const places = batches.flatMap((batch): Place[] => {
    const origin = originOf(batch);
    return Array.from({ length: batch.length }, (_, row) => ({ batch, origin, row }));
  });
  places.sort(
    (a, b) => at(a, a.origin.offsets) - at(b, b.origin.offsets) || indexOf(a) - indexOf(b),
  );
  const values = (of: (origin: Records) => Float64Array): Float64Array =>
    Float64Array.from(places, (place) => at(place, of(place.origin)));
  const { timestamps, indexes, ...origin } = originOf(first);
  return {
    length: places.length,
    vectors: first.vectors.map((_, column) => columnOf(places, column)),
    origin: {
      ...origin,
      offsets: values((one) => one.offsets),
      eventTimes: values((one) => one.eventTimes),
      ...(timestamps && { timestamps: values((one) => one.timestamps ?? timestamps) }),
      ...(indexes && { indexes: Float64Array.from(places, indexOf) }),
    },
  };
}

const at = ({ row }: Place, values: Float64Array): number => values[row] as number;

const indexOf = ({ origin, row }: Place): number => origin.indexes?.[row] ?? 0;

function columnOf(places: readonly Place[], column: number): Vector {
  const cells = places.map(({ batch, row }) => cellOf(batch.vectors[column] as Vector, row));
  const isNumber = places.some(({ batch }) => batch.vectors[column]?.kind === 'number');
  if (!isNumber) return { kind: 'text', values: cells as (string | null)[] };
  const valid = Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1));
  const values = Float64Array.from(cells, (cell) => Number(cell ?? 0));
  return { kind: 'number', values, valid: valid.includes(0) ? valid : null };
}

/** Rows of one sink. */
export interface RowsOfSink {
  /** Index in plan.sinks. */
  readonly sink: number;
  readonly batch: RowBatch;
}

/** Rows of one slice, those of each sink in the order of their records, also where they came by several inputs. */
export function rowsInOrder(rows: readonly RowsOfSink[]): readonly RowsOfSink[] {
  if (rows.length < 2) return rows;
  const bySink = Map.groupBy(rows, ({ sink }) => sink);
  return [...bySink].flatMap(([sink, all]) => {
    const [first, ...others] = all.map(({ batch }) => batch);
    if (first === undefined || !isOutOfOrder([first, ...others])) return all;
    return [{ sink, batch: inOffsetOrder([first, ...others]) }];
  });
}
