/** collect_list and collect_set: the values of a group as an array. */
import { type ColumnType, cellOf, isArray, type ScalarType } from '../batch.ts';
import { invariant } from '../../errors.ts';
import { arrayText, arrayTypeOf, elementOf } from '../array.ts';
import type { Accumulator } from './accumulator.ts';
import { type AggregateFunction, nullIfAny } from './aggregate.ts';
import { collectedKind, collectedOf } from './collected.ts';
import { collectionsOf } from './collection-column.ts';

const accumulator = (kind: 'collect_list' | 'collect_set'): Accumulator => ({
  ...{ kind, numbers: 0, texts: 0 },
  collection: (cap) => collectedKind(cap, kind === 'collect_set'),
  add(state, pairs, { vectors: [vector], order }) {
    invariant(vector !== undefined, 'a collection of a column that is not there');
    const collections = collectionsOf(state);
    const { partition, eventTimes, offsets } = order;
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      const cell = cellOf(vector, from);
      if (cell === null) continue;
      collectedOf(collections.own(pairs.into[i] as number)).add({
        ...{ time: eventTimes[from] as number, partition, offset: offsets[from] as number },
        // −0 is 0.
        value: typeof cell === 'number' ? cell + 0 : cell,
      });
    }
  },
  merge: (into, from, pairs) => {
    collectionsOf(into).merge(collectionsOf(from), pairs);
  },
});

/** The kinds of state behind them. */
export const collects: readonly Accumulator[] = [
  accumulator('collect_list'),
  accumulator('collect_set'),
];

/** Arrays are for people to read, and a row of a table: not for keeping everything there is. */
const GREATEST_CAP = 10_000;

const arrayOf = (type: ColumnType | undefined): ColumnType => {
  invariant(type !== undefined && !isArray(type), 'a collection of arrays');
  return arrayTypeOf({ kind: 'scalar', type, required: true });
};

const collect = (name: 'collect_list' | 'collect_set', summary: string): AggregateFunction => ({
  ...{ name, summary, usage: [`${name}(x, cap)`], inputs: [1, 1], nullable: nullIfAny },
  parameter: {
    what: `a whole number from 1 to ${GREATEST_CAP}`,
    shapesState: true,
    accepts: (cap) => Number.isInteger(cap) && cap >= 1 && cap <= GREATEST_CAP,
  },
  accepts: (type) => !isArray(type),
  accumulators: () => [name],
  resultType: ([type]) => arrayOf(type),
  finish(_kind, { type }) {
    invariant(isArray(type), 'a collection is an array');
    const element = elementOf(type);
    invariant(element.kind === 'scalar', 'a collection of single values');
    const scalar: ScalarType = element.type;
    return (state, row) => {
      const collected = collectionsOf(state).at(row);
      return collected === null ? null : arrayText(scalar, collectedOf(collected).values);
    };
  },
});

/** Aggregates that collect; null without any value. */
export const collectFunctions: readonly AggregateFunction[] = [
  collect('collect_list', 'The first values, at most cap, in the order of records.'),
  collect('collect_set', 'The first different values, at most cap, in the order they first came.'),
];
