/** Loops that several accumulators share. */
import type { NumberVector } from '../batch.ts';
import type { AccumulatorInput, AccumulatorState, RowPairs } from './accumulator.ts';
import { invariant } from '../../errors.ts';

/** Column `index` of an input, which must hold numbers; what the planner accepted never throws. */
export function numbersOf({ vectors }: AccumulatorInput, index = 0): NumberVector {
  const vector = vectors[index];
  invariant(vector?.kind === 'number', 'a numeric aggregate over a column that is not numeric');
  return vector;
}

/** Column `index` of a state. */
export function numberColumn(state: AccumulatorState, index: number): Float64Array {
  return state.numbers[index] as Float64Array;
}

/** `into[i] += from[i]` over the pairs. */
export function addColumn(into: Float64Array, from: Float64Array, pairs: RowPairs): void {
  for (let i = 0; i < pairs.count; i++) {
    const row = pairs.into[i] as number;
    into[row] = (into[row] as number) + (from[pairs.from[i] as number] as number);
  }
}
