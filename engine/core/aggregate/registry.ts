/** All aggregates and accumulators of this version, as values. */
import { EngineError } from '../../errors.ts';
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction } from './aggregate.ts';
import { collectFunctions, collects } from './collect.ts';
import { comomentFunctions, comoments } from './comoments.ts';
import { count, countFunction, rows } from './count.ts';
import { distinctFunctions, distinctSets, distinctSketches, saturation } from './distinct.ts';
import { extremeFunctions, extremes } from './extremes.ts';
import { percentileFunctions, quantiles } from './percentiles.ts';
import { pickFunctions, picks } from './picks.ts';
import { momentFunctions, moments } from './moments.ts';
import { avgFunction, exactSum, sum, sumFunction } from './sum.ts';
import { truthFunctions, truths } from './truths.ts';

/** Aggregate functions of the language by name. */
export const aggregates: ReadonlyMap<string, AggregateFunction> = new Map(
  [
    countFunction,
    sumFunction,
    avgFunction,
    ...extremeFunctions,
    ...momentFunctions,
    ...comomentFunctions,
    ...truthFunctions,
    ...pickFunctions,
    ...percentileFunctions,
    ...distinctFunctions,
    ...collectFunctions,
  ].map((aggregate) => [aggregate.name, aggregate]),
);

/** Kinds of accumulators by name. */
export const accumulators: ReadonlyMap<string, Accumulator> = new Map(
  [
    ...[rows, count, sum, exactSum, moments, comoments, truths, ...extremes, ...picks],
    ...[quantiles, distinctSketches, distinctSets, ...collects],
  ].map((one) => [one.kind, one]),
);

// One map a thread: the aggregates of extensions are added when it loads them.
const ownFunctions = new Map<string, AggregateFunction>();
const ownAccumulators = new Map<string, Accumulator>();

/** Adds the aggregate of an extension. */
export function registerAggregate(aggregate: AggregateFunction, accumulator: Accumulator): void {
  ownFunctions.set(aggregate.name, aggregate);
  ownAccumulators.set(accumulator.kind, accumulator);
}

/** Whether an aggregate is called so, of the language or of an extension. */
export const hasAggregate = (name: string): boolean =>
  aggregates.has(name) || ownFunctions.has(name);

/** The accumulator kind of a plan. Throws ENG_INVARIANT for a kind this version does not have. */
export function accumulatorOf(kind: string): Accumulator {
  const accumulator = accumulators.get(kind) ?? ownAccumulators.get(kind);
  if (accumulator === undefined) {
    throw new EngineError('ENG_INVARIANT', `engine bug: no accumulator ${kind}`);
  }
  return accumulator;
}

/** The aggregate function of a plan. Throws ENG_INVARIANT for one this version does not have. */
export function aggregateOf(name: string): AggregateFunction {
  const known = aggregates.get(name) ?? ownFunctions.get(name);
  const aggregate = name === saturation.name ? saturation : known;
  if (aggregate === undefined) {
    throw new EngineError('ENG_INVARIANT', `engine bug: no aggregate ${name}`);
  }
  return aggregate;
}
