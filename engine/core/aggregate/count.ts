/** count(): records of the group; count(x): those with a value. Never null. */
import type { Accumulator, AccumulatorState, RowPairs } from './accumulator.ts';
import type { AggregateFunction } from './aggregate.ts';
import { invariant } from '../../errors.ts';
import { isNull } from '../batch.ts';
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
    const [vector] = input.vectors;
    invariant(vector !== undefined, 'count over a column that is not there');
    for (let i = 0; i < pairs.count; i++) {
      if (isNull(vector, pairs.from[i] as number)) continue;
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

/** Kinds that keep the number of values in their first column. */
const counting = [
  'count',
  ...['sum', 'exact_sum', 'moments', 'truths'],
  ...['min', 'max', 'min_text', 'max_text'],
  ...['first', 'last', 'first_text', 'last_text', 'quantiles'],
];

/** count() and count(x). */
export const countFunction: AggregateFunction = {
  name: 'count',
  summary: 'Number of records, or of records in which the argument is not null.',
  usage: ['count()', 'count(x)'],
  inputs: [0, 1],
  accepts: () => true,
  accumulators: (types) => (types.length === 0 ? ['rows'] : counting),
  resultType: () => 'long',
  nullable: () => false,
  finish: (kind) =>
    kind === 'rows'
      ? (state, row) => state.records[row]
      : (state, row) => numberColumn(state, 0)[row],
};
