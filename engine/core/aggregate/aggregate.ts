/** An aggregate function of the language: which state it needs and what it reads from it. */
import type { Cell, ColumnType } from '../batch.ts';
import type { AccumulatorState, ResultPlan } from './accumulator.ts';

/**
 * Reads a group's result. `undefined` means that the value is out of the range of its type: an
 * expression error of that row (O4).
 */
export type Finish = (state: AccumulatorState, row: number) => Cell | undefined;

/** One aggregate function. */
export interface AggregateFunction {
  readonly name: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** How it is written: one text for each number of arguments, the shortest first. */
  readonly usage: readonly [string, ...string[]];
  /** The least and the greatest number of arguments. */
  readonly inputs: readonly [least: number, most: number];
  /** The literal that follows the inputs, if there is one. */
  readonly parameter?: AggregateParameter;
  /** The aggregate of the same arguments that says whether a result is cut short (O1). */
  readonly flag?: string;
  /** Whether argument number `index` may be of this type. */
  accepts(type: ColumnType, index: number): boolean;
  /** Kinds of accumulators it can read for inputs of these types, the cheapest first. */
  accumulators(types: readonly ColumnType[]): readonly string[];
  /** Type of the result (O4). */
  resultType(types: readonly ColumnType[]): ColumnType;
  /** Whether the result may be null, by whether each input may be. */
  nullable(inputs: readonly boolean[]): boolean;
  /** How to read a result from an accumulator of this kind. */
  finish(kind: string, result: Pick<ResultPlan, 'type' | 'parameter'>): Finish;
}

/** A number that is part of a call, known before the first row. */
export interface AggregateParameter {
  /** In words, e.g. `a number from 0 to 1`. */
  readonly what: string;
  /** Whether the state depends on it: then only calls with the same one share it. */
  readonly shapesState: boolean;
  accepts(value: number): boolean;
}

/** True for the types that arithmetic aggregates take. */
export const isNumeric = (type: ColumnType): boolean =>
  type === 'int' || type === 'long' || type === 'float' || type === 'double';

/** Aggregates of one column: how they are written and how many arguments they take. */
export const overOne = (name: string): Pick<AggregateFunction, 'usage' | 'inputs'> => ({
  usage: [`${name}(x)`],
  inputs: [1, 1],
});

/** Aggregates that are null for nothing but nulls. */
export const nullIfAny = (inputs: readonly boolean[]): boolean => inputs.includes(true);
