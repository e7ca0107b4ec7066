/** Where the columns of each accumulator lie among the columns of all accumulators of a stage. */
import type { CollectionKind } from './collection.ts';
import type { Accumulator, AccumulatorPlan, AccumulatorState } from './accumulator.ts';
import { accumulatorOf } from './registry.ts';

/** One accumulator and its place: its columns follow those of the accumulators before it. */
export interface Placed {
  readonly accumulator: Accumulator;
  /** Slots of its inputs in the worker's frame. */
  readonly slots: readonly number[];
  readonly firstNumber: number;
  readonly firstText: number;
  readonly firstCollection: number;
  /** The kind of its collections; null if it has none. */
  readonly collection: CollectionKind | null;
}

/** All accumulators of a stage in plan order. */
export interface Layout {
  readonly placed: readonly Placed[];
  readonly numbers: number;
  readonly texts: number;
  readonly collections: readonly CollectionKind[];
}

/** Lays out the columns of a stage's accumulators. */
export function layoutOf(plans: readonly AccumulatorPlan[]): Layout {
  let numbers = 0;
  let texts = 0;
  const collections: CollectionKind[] = [];
  const placed = plans.map(({ kind, slots, parameter = 0 }): Placed => {
    const accumulator = accumulatorOf(kind);
    const collection = accumulator.collection?.(parameter) ?? null;
    const first = {
      firstNumber: numbers,
      firstText: texts,
      firstCollection: collections.length,
    };
    if (collection !== null) collections.push(collection);
    numbers += accumulator.numbers;
    texts += accumulator.texts;
    return { accumulator, slots, ...first, collection };
  });
  return { placed, numbers, texts, collections };
}

/** The columns of each accumulator by itself; they are shared with `all`, not copied. */
export function statesOf(layout: Layout, all: AccumulatorState): AccumulatorState[] {
  return layout.placed.map((place) => {
    const { accumulator, firstNumber, firstText, firstCollection, collection } = place;
    const collections = collection === null ? 0 : 1;
    return {
      records: all.records,
      numbers: all.numbers.slice(firstNumber, firstNumber + accumulator.numbers),
      texts: all.texts.slice(firstText, firstText + accumulator.texts),
      collections: all.collections.slice(firstCollection, firstCollection + collections),
    };
  });
}
