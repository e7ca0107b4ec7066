/** count_if, bool_and and bool_or: how many of the values that are not null are true. */
import type { ColumnType } from '../batch.ts';
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { nullIfAny, overOne } from './aggregate.ts';
import { addColumn, numberColumn, numbersOf } from './numbers.ts';

/** [n, how many are true]. */
export const truths: Accumulator = {
  kind: 'truths',
  numbers: 2,
  texts: 0,
  add(state, pairs, input) {
    const { values, valid } = numbersOf(input);
    const n = numberColumn(state, 0);
    const trues = numberColumn(state, 1);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (valid !== null && valid[from] === 0) continue;
      const row = pairs.into[i] as number;
      n[row] = (n[row] as number) + 1;
      trues[row] = (trues[row] as number) + (values[from] as number);
    }
  },
  merge(into, from, pairs) {
    addColumn(numberColumn(into, 0), numberColumn(from, 0), pairs);
    addColumn(numberColumn(into, 1), numberColumn(from, 1), pairs);
  },
};

interface OverTruths {
  readonly name: string;
  readonly summary: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly of: (n: number, trues: number) => number | null;
}

function overTruths({ name, summary, type, nullable, of }: OverTruths): AggregateFunction {
  const finish: Finish = (state, row) =>
    of(numberColumn(state, 0)[row] as number, numberColumn(state, 1)[row] as number);
  return {
    ...{ name, summary, ...overOne(name) },
    accepts: (argument) => argument === 'bool',
    accumulators: () => ['truths'],
    resultType: () => type,
    nullable: (inputs) => nullable && nullIfAny(inputs),
    finish: () => finish,
  };
}

/** Aggregates of conditions. */
export const truthFunctions: readonly AggregateFunction[] = [
  overTruths({
    name: 'count_if',
    summary: 'Number of records for which the condition is true.',
    type: 'long',
    nullable: false,
    of: (_, trues) => trues,
  }),
  overTruths({
    name: 'bool_and',
    summary: 'Whether the condition is true for every record for which it is not null.',
    type: 'bool',
    nullable: true,
    of: (n, trues) => (n === 0 ? null : Number(trues === n)),
  }),
  overTruths({
    name: 'bool_or',
    summary: 'Whether the condition is true for any record.',
    type: 'bool',
    nullable: true,
    of: (n, trues) => (n === 0 ? null : Number(trues > 0)),
  }),
];
