/** What a pick chooses from: records of a batch, or the picks of other groups. */
import { invariant } from '../../errors.ts';
import type { Vector } from '../batch.ts';
import { cellOf, isNull } from '../batch.ts';
import type { AccumulatorInput, AccumulatorState } from './accumulator.ts';
import { numberColumn } from './numbers.ts';
import type { PickRule } from './pick-rule.ts';
import { placesOf } from './pick-rule.ts';

/** Candidates by number. */
export interface Candidates {
  /** How many records stand behind candidate i; with none it is left out. */
  inputs(i: number): number;
  key(i: number): number | string;
  time(i: number): number;
  partition(i: number): number;
  offset(i: number): number;
  /** Copies the value of candidate i to a row. */
  put(i: number, row: number): void;
}

/** Records: value and key are the first two columns of the input, or the value alone. */
export function recordsOf(
  rule: PickRule,
  state: AccumulatorState,
  { vectors, order }: AccumulatorInput,
): Candidates {
  const { partition, eventTimes, offsets } = order;
  const [value, key = value] = vectors;
  invariant(value !== undefined && key !== undefined, `${rule.kind} without its columns`);
  const time = (i: number): number => eventTimes[i] as number;
  return {
    inputs: (i) => (isNull(key, i) ? 0 : 1),
    key: rule.key === 'time' ? time : keyOf(key),
    time,
    partition: () => partition,
    offset: (i) => offsets[i] as number,
    put: putting(rule, state, value),
  };
}

function keyOf(vector: Vector): Candidates['key'] {
  if (vector.kind === 'number') return (i) => (vector.values[i] as number) + 0;
  return (i) => cellOf(vector, i) as string;
}

function putting(rule: PickRule, state: AccumulatorState, vector: Vector): Candidates['put'] {
  const { valueNumber, hasValue, valueText } = placesOf(rule);
  if (rule.value === 'text') {
    const texts = state.texts[valueText] as (string | null)[];
    return (i, row) => {
      texts[row] = cellOf(vector, i) as string | null;
    };
  }
  const values = numberColumn(state, valueNumber);
  const present = numberColumn(state, hasValue);
  return (i, row) => {
    const cell = cellOf(vector, i) as number | null;
    values[row] = cell ?? 0;
    present[row] = cell === null ? 0 : 1;
  };
}

/** Groups of state of the same rule. */
export function groupsOf(
  rule: PickRule,
  into: AccumulatorState,
  from: AccumulatorState,
): Candidates {
  const places = placesOf(rule);
  const column = (at: number) => {
    const values = numberColumn(from, at);
    return (i: number): number => values[i] as number;
  };
  const texts = from.texts[places.keyText];
  return {
    inputs: column(0),
    key: rule.key === 'text' ? (i) => texts?.[i] as string : column(places.keyNumber),
    time: column(places.time),
    partition: column(places.partition),
    offset: column(places.offset),
    put: copying(rule, into, from),
  };
}

function copying(
  rule: PickRule,
  into: AccumulatorState,
  from: AccumulatorState,
): Candidates['put'] {
  const { valueNumber, hasValue, valueText } = placesOf(rule);
  if (rule.value === 'text') {
    const [texts, others] = [into, from].map((state) => state.texts[valueText] ?? []);
    return (i, row) => {
      if (texts !== undefined) texts[row] = others?.[i] ?? null;
    };
  }
  return (i, row) => {
    numberColumn(into, valueNumber)[row] = numberColumn(from, valueNumber)[i] as number;
    numberColumn(into, hasValue)[row] = numberColumn(from, hasValue)[i] as number;
  };
}
