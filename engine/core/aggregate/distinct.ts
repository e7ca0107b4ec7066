/** approx_count_distinct and count_distinct: how many different values there are. */
import type { Vector } from '../batch.ts';
import { cellOf, isNull } from '../batch.ts';
import { invariant } from '../../errors.ts';
import { hashBytes, hashDouble, hashInt, hashText } from '../expression/murmur3.ts';
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction } from './aggregate.ts';
import { overOne } from './aggregate.ts';
import { collectionsOf } from './collection-column.ts';
import { distinctSetKind, distinctSetOf } from './distinct-set.ts';
import { distinctSketchKind, distinctSketchOf } from './distinct-sketch.ts';

/** Two seeds make two hashes, 64 bits together. Part of the state: they never change. */
const SEEDS = [42, 0x3c07_4a61] as const;

function hashOf(vector: Vector, row: number, seed: number): number {
  if (vector.kind === 'bytes') {
    return hashBytes(vector.bytes, vector.start[row] as number, vector.end[row] as number, seed);
  }
  if (vector.kind === 'text') return hashText(vector.values[row] ?? '', seed);
  const value = vector.values[row] as number;
  // Whatever the bits of a NaN are.
  return value === value ? hashDouble(value, seed) : hashInt(0, seed);
}

const merge: Accumulator['merge'] = (into, from, pairs) => {
  collectionsOf(into).merge(collectionsOf(from), pairs);
};

/** Sketches. */
export const distinctSketches: Accumulator = {
  kind: 'distinct_sketch',
  ...{ numbers: 0, texts: 0, merge },
  collection: () => distinctSketchKind,
  add(state, pairs, { vectors: [vector] }) {
    invariant(vector !== undefined, 'a distinct count over a column that is not there');
    const collections = collectionsOf(state);
    for (let i = 0; i < pairs.count; i++) {
      const from = pairs.from[i] as number;
      if (isNull(vector, from)) continue;
      const sketch = distinctSketchOf(collections.own(pairs.into[i] as number));
      sketch.add(hashOf(vector, from, SEEDS[0]), hashOf(vector, from, SEEDS[1]));
    }
  },
};

/** Sets up to a cap. */
export const distinctSets: Accumulator = {
  kind: 'distinct_set',
  ...{ numbers: 0, texts: 0, merge },
  collection: distinctSetKind,
  add(state, pairs, { vectors: [vector] }) {
    invariant(vector !== undefined, 'a distinct count over a column that is not there');
    const collections = collectionsOf(state);
    for (let i = 0; i < pairs.count; i++) {
      const cell = cellOf(vector, pairs.from[i] as number);
      if (cell === null) continue;
      const set = distinctSetOf(collections.own(pairs.into[i] as number));
      set.add(typeof cell === 'number' ? cell + 0 : cell);
    }
  },
};

/** More than that is what the sketch is for. */
const GREATEST_CAP = 1_000_000;

const counted = {
  accepts: () => true,
  resultType: () => 'long',
  nullable: () => false,
} as const satisfies Partial<AggregateFunction>;

const capped = {
  ...counted,
  inputs: [1, 1],
  parameter: {
    what: `a whole number from 1 to ${GREATEST_CAP}`,
    shapesState: true,
    accepts: (cap: number) => Number.isInteger(cap) && cap >= 1 && cap <= GREATEST_CAP,
  },
  accumulators: () => ['distinct_set'],
} as const satisfies Partial<AggregateFunction>;

/** Distinct counts; nulls are no values. */
export const distinctFunctions: readonly AggregateFunction[] = [
  {
    ...{ ...counted, ...overOne('approx_count_distinct'), name: 'approx_count_distinct' },
    summary:
      'How many different values there are: exact up to 256, then with a standard error of 1.6 %.',
    accumulators: () => ['distinct_sketch'],
    finish: () => (state, row) => {
      const sketch = collectionsOf(state).at(row);
      return sketch === null ? 0 : distinctSketchOf(sketch).estimate();
    },
  },
  {
    ...{ ...capped, name: 'count_distinct', usage: ['count_distinct(x, cap)'] },
    summary:
      'How many different values there are, but not more than cap; a column NAME_saturated says whether there were more.',
    flag: 'count_distinct_saturated',
    finish: () => (state, row) => {
      const set = collectionsOf(state).at(row);
      return set === null ? 0 : distinctSetOf(set).size;
    },
  },
];

/** What the flag of count_distinct is read with: no aggregate of the language. */
export const saturation: AggregateFunction = {
  ...{ ...capped, name: 'count_distinct_saturated', usage: ['count_distinct_saturated(x, cap)'] },
  summary: 'Whether count_distinct has reached more than its cap.',
  resultType: () => 'bool',
  finish: () => (state, row) => {
    const set = collectionsOf(state).at(row);
    return Number(set !== null && distinctSetOf(set).isSaturated);
  },
};
