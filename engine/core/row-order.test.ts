import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RowBatch, cellOf } from './batch.ts';
import { inOffsetOrder, isOutOfOrder } from './row-order.ts';

const batchOf = (offsets: readonly number[], input: number): RowBatch => ({
  length: offsets.length,
  vectors: [
    {
      kind: 'number',
      values: Float64Array.from(offsets, (offset) => offset * 10 + input),
      valid: input === 0 ? null : Uint8Array.from(offsets, (offset) => offset % 2),
    },
    { kind: 'text', values: offsets.map((offset) => (offset === 3 ? null : `${offset}/${input}`)) },
  ],
  origin: {
    kind: 'records',
    source: 'readings',
    partition: 1,
    offsets: Float64Array.from(offsets),
    eventTimes: Float64Array.from(offsets, (offset) => offset * 1000),
    indexes: Float64Array.from(offsets, () => input),
  },
});

const ascending = fc
  .uniqueArray(fc.nat(30), { maxLength: 8 })
  .map((offsets) => offsets.toSorted((a, b) => a - b));

test('rows of inputs are as if they had been read one by one', () => {
  fc.assert(
    fc.property(fc.array(ascending, { minLength: 1, maxLength: 3 }), (inputs) => {
      const batches = inputs.map(batchOf);
      const merged = inOffsetOrder(batches as [RowBatch, ...RowBatch[]]);
      const rowsIn = (batch: RowBatch) =>
        Array.from({ length: batch.length }, (_, row) => {
          const { origin } = batch;
          if (origin.kind !== 'records') throw new Error('of records');
          const { offsets, eventTimes, indexes } = origin;
          const cells = batch.vectors.map((vector) => cellOf(vector, row));
          return [offsets[row]!, indexes![row]!, eventTimes[row], ...cells];
        });
      const expected = batches
        .flatMap(rowsIn)
        .toSorted((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]));
      expect(rowsIn(merged)).toEqual(expected);
    }),
  );
});

test('batches are in order while offsets rise from one to the next', () => {
  expect(isOutOfOrder([batchOf([1, 2], 0), batchOf([3], 0), batchOf([7, 9], 0)])).toBe(false);
  expect(isOutOfOrder([batchOf([1, 4], 0), batchOf([2], 1)])).toBe(true);
  expect(isOutOfOrder([batchOf([1, 4], 0), batchOf([4], 1)])).toBe(true);
  expect(isOutOfOrder([])).toBe(false);
});
