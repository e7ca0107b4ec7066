/** An aggregate function of the language: which state it needs and what it reads from it. */
import type { Cell, ColumnType } from '../batch.ts';
import type { AccumulatorState } from './accumulator.ts';

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
  /** Whether it can be called without an argument, with one, or both. */
  readonly argument: 'none' | 'optional' | 'required';
  /** Whether an argument of this type is allowed. */
  accepts(type: ColumnType): boolean;
  /** Kinds of accumulators it can read for this input, the cheapest first. `null`: no argument. */
  accumulators(type: ColumnType | null): readonly string[];
  /** Type of the result (O4). */
  resultType(type: ColumnType | null): ColumnType;
  /** Whether the result may be null for an input that is never null, or that may be. */
  nullable(inputNullable: boolean): boolean;
  /** How to read the result from an accumulator of this kind. */
  finish(kind: string): Finish;
}

/** True for the types that arithmetic aggregates take. */
export const isNumeric = (type: ColumnType): boolean =>
  type === 'int' || type === 'long' || type === 'float' || type === 'double';
