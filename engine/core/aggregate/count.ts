/** count(): records of the group; count(x): those with a value. Never null. */
import type { Accumulator, AccumulatorState, RowPairs } from './accumulator.ts';
import type { AggregateFunction } from './aggregate.ts';
import type { Vector } from '../batch.ts';
import { addColumn, numberColumn } from './numbers.ts';

/** No state of its own: the owner of the columns counts the records. */
export const rows: Accumulator = {
  kind: 'rows',
  numbers: 0,
  texts: 0,
  add: () => undefined,
  merge: () => undefined,
};

/** [n]: inputs that are not null, of any type. */
export const count: Accumulator = {
  kind: 'count',
  numbers: 1,
  texts: 0,
  add(state, pairs, input) {
    const n = numberColumn(state, 0);
    for (let i = 0; i < pairs.count; i++) {
      if (input !== null && isNull(input, pairs.from[i] as number)) continue;
      const row = pairs.into[i] as number;
      n[row] = (n[row] as number) + 1;
    }
  },
  merge: mergeCount,
};

/** Merges column 0, the number of values. */
export function mergeCount(into: AccumulatorState, from: AccumulatorState, pairs: RowPairs): void {
  addColumn(numberColumn(into, 0), numberColumn(from, 0), pairs);
}

function isNull(input: Vector, row: number): boolean {
  if (input.kind === 'number') return input.valid !== null && input.valid[row] === 0;
  if (input.kind === 'bytes') return (input.start[row] as number) < 0;
  return (input.values[row] ?? null) === null;
}

/** count() and count(x). */
export const countFunction: AggregateFunction = {
  name: 'count',
  summary: 'Number of records, or of records in which the argument is not null.',
  argument: 'optional',
  accepts: () => true,
  // Every kind but `rows` keeps the number of values in its first column.
  accumulators: (type) =>
    type === null
      ? ['rows']
      : ['count', 'sum', 'exact_sum', 'moments', 'min', 'max', 'truths', 'min_text', 'max_text'],
  resultType: () => 'long',
  nullable: () => false,
  finish: (kind) =>
    kind === 'rows'
      ? (state, row) => state.records[row]
      : (state, row) => numberColumn(state, 0)[row],
};
