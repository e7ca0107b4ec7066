/** Aggregates over the same column share state where one kind of accumulator can serve both. */
import type { ColumnType } from '../batch.ts';
import type { AccumulatorPlan } from './accumulator.ts';
import { aggregateOf } from './registry.ts';

/** One call of an aggregate: its name, its input columns and their types, and its literal. */
export interface AggregateCall {
  readonly aggregate: string;
  readonly slots: readonly number[];
  readonly types: readonly ColumnType[];
  readonly parameter?: number;
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
    const state = stateOf(call);
    let found = accumulators.findIndex(
      ({ kind, slots, parameter }) =>
        areSame(slots, call.slots) && kinds.includes(kind) && parameter === state.parameter,
    );
    if (found < 0) {
      found = accumulators.length;
      accumulators.push({ kind: kinds[0] as string, ...state });
    }
    assigned[index] = found;
  }
  return { accumulators, assigned };
}

/** What the state of a call depends on, besides its kind. */
function stateOf({ aggregate, slots, types, parameter }: AggregateCall) {
  const shapes = aggregateOf(aggregate).parameter?.shapesState === true;
  return { slots, types, ...(shapes && parameter !== undefined && { parameter }) };
}

/** Whether two calls read the same columns in the same order. */
export const areSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slot, i) => slot === b[i]);
