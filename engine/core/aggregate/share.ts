/** Aggregates over the same column share state where one kind of accumulator can serve both. */
import type { ColumnType } from '../batch.ts';
import type { AccumulatorPlan } from './accumulator.ts';
import { aggregateOf } from './registry.ts';

/** One call of an aggregate: its name, its input columns and their types. */
export interface AggregateCall {
  readonly aggregate: string;
  readonly slots: readonly number[];
  readonly types: readonly ColumnType[];
}

/** The accumulators of a stage, and for each call the number of the one it reads. */
export interface SharedAccumulators {
  readonly accumulators: readonly AccumulatorPlan[];
  /** By call, in the order given. */
  readonly assigned: readonly number[];
}

/**
 * Finds few accumulators that serve all calls: calls with one possible kind choose first, the others
 * take what is there before they add their cheapest. Deterministic; O(calls²) at most.
 */
export function shareAccumulators(calls: readonly AggregateCall[]): SharedAccumulators {
  const accumulators: AccumulatorPlan[] = [];
  const assigned = new Array<number>(calls.length).fill(-1);
  const choices = calls.map((call, index) => ({
    call,
    index,
    kinds: aggregateOf(call.aggregate).accumulators(call.types),
  }));
  for (const { call, index, kinds } of choices.toSorted(
    (a, b) => a.kinds.length - b.kinds.length,
  )) {
    let found = accumulators.findIndex(
      ({ kind, slots }) => areSame(slots, call.slots) && kinds.includes(kind),
    );
    if (found < 0) {
      found = accumulators.length;
      const { slots, types } = call;
      accumulators.push({ kind: kinds[0] as string, slots, types });
    }
    assigned[index] = found;
  }
  return { accumulators, assigned };
}

/** Whether two calls read the same columns in the same order. */
export const areSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slot, i) => slot === b[i]);
