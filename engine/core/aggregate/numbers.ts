/** Loops that several accumulators share. */
import type { NumberVector, Vector } from '../batch.ts';
import type { AccumulatorState, RowPairs } from './accumulator.ts';
import { invariant } from '../../errors.ts';

/** The number columns an input must have; what the planner accepted never throws here. */
export function numbersOf(input: Vector | null): NumberVector {
  invariant(input?.kind === 'number', 'a numeric aggregate over a column that is not numeric');
  return input;
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
