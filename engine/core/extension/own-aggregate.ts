/** An aggregate of an extension as the engine's own are: columnar state and a function over it. */
import type { Accumulator, AccumulatorState } from '../aggregate/accumulator.ts';
import type { AggregateFunction } from '../aggregate/aggregate.ts';
import { addColumn, numberColumn } from '../aggregate/numbers.ts';
import type { Vector } from '../batch.ts';
import { cellOf } from '../batch.ts';
import { cellOfValue } from './cell.ts';
import type { AggregateDefinition } from './define.ts';

/** How the state of such an aggregate is called in a plan; the version is part of it (R3). */
const kindOf = ({ name, version = 1 }: AggregateDefinition): string => `own ${name} ${version}`;

/**
 * Column 0 counts values, the others are the definition's state, which is copied into one array for
 * every call: O(state) a value.
 */
export function ownAccumulator(definition: AggregateDefinition): Accumulator {
  const { state: size, takes } = definition;
  const [mine, other] = [new Float64Array(size), new Float64Array(size)];
  return {
    kind: kindOf(definition),
    numbers: 1 + size,
    texts: 0,
    add(state, { into, from, count }, { vectors }) {
      const n = numberColumn(state, 0);
      const vector = vectors[0] as Vector;
      const isBool = takes.length === 1 && takes[0] === 'bool';
      for (let i = 0; i < count; i++) {
        const cell = cellOf(vector, from[i] as number);
        if (cell === null) continue;
        const row = into[i] as number;
        load(state, row, mine);
        definition.add(mine, isBool ? cell === 1 : cell);
        store(state, row, mine);
        n[row] = (n[row] as number) + 1;
      }
    },
    merge(into, from, pairs) {
      for (let i = 0; i < pairs.count; i++) {
        load(into, pairs.into[i] as number, mine);
        load(from, pairs.from[i] as number, other);
        definition.merge(mine, other);
        store(into, pairs.into[i] as number, mine);
      }
      addColumn(numberColumn(into, 0), numberColumn(from, 0), pairs);
    },
  };
}

/** The function of the language over that state. */
export function ownAggregate(definition: AggregateDefinition): AggregateFunction {
  const { name, summary, takes, gives, state: size } = definition;
  return {
    ...{ name, summary, usage: [`${name}(x)`], inputs: [1, 1] },
    accepts: (type) => takes.includes(type),
    accumulators: () => [kindOf(definition)],
    resultType: () => gives,
    nullable: () => true,
    finish: () => (state, row) => {
      if (numberColumn(state, 0)[row] === 0) return null;
      const mine = new Float64Array(size);
      load(state, row, mine);
      return cellOfValue(definition.result(mine), gives);
    },
  };
}

function load(state: AccumulatorState, row: number, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = numberColumn(state, i + 1)[row] as number;
}

function store(state: AccumulatorState, row: number, from: Float64Array): void {
  for (let i = 0; i < from.length; i++) numberColumn(state, i + 1)[row] = from[i] as number;
}
