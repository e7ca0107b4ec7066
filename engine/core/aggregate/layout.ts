/** Where the columns of each accumulator lie among the columns of all accumulators of a stage. */
import type { Accumulator, AccumulatorPlan, AccumulatorState } from './accumulator.ts';
import { accumulatorOf } from './registry.ts';

/** One accumulator and its place: its columns follow those of the accumulators before it. */
export interface Placed {
  readonly accumulator: Accumulator;
  /** Slots of its inputs in the worker's frame. */
  readonly slots: readonly number[];
  readonly firstNumber: number;
  readonly firstText: number;
}

/** All accumulators of a stage in plan order. */
export interface Layout {
  readonly placed: readonly Placed[];
  readonly numbers: number;
  readonly texts: number;
}

/** Lays out the columns of a stage's accumulators. */
export function layoutOf(plans: readonly AccumulatorPlan[]): Layout {
  let numbers = 0;
  let texts = 0;
  const placed = plans.map(({ kind, slots }) => {
    const accumulator = accumulatorOf(kind);
    const place = { accumulator, slots, firstNumber: numbers, firstText: texts };
    numbers += accumulator.numbers;
    texts += accumulator.texts;
    return place;
  });
  return { placed, numbers, texts };
}

/** The columns of each accumulator by itself; they are shared with `all`, not copied. */
export function statesOf(layout: Layout, all: AccumulatorState): AccumulatorState[] {
  return layout.placed.map(({ accumulator, firstNumber, firstText }) => ({
    records: all.records,
    numbers: all.numbers.slice(firstNumber, firstNumber + accumulator.numbers),
    texts: all.texts.slice(firstText, firstText + accumulator.texts),
  }));
}
