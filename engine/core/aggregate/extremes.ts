/**
 * min and max of numbers and of text. As in Spark SQL, NaN is greater than every number and text
 * compares by code points. −0 counts as 0, so that the result does not depend on the order.
 */
import type { Cell, Vector } from '../batch.ts';
import { cellOf, isArray } from '../batch.ts';
import { invariant } from '../../errors.ts';
import type { Accumulator, AccumulatorState, RowPairs } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { nullIfAny, overOne } from './aggregate.ts';
import { numberColumn, numbersOf } from './numbers.ts';

type NumberOrder = (candidate: number, best: number) => boolean;
type TextOrder = (candidate: string, best: string) => boolean;

const below: NumberOrder = (a, b) => a < b || (b !== b && a === a);
const above: NumberOrder = (a, b) => a > b || (a !== a && b === b);
const before: TextOrder = (a, b) => compareText(a, b) < 0;
const after: TextOrder = (a, b) => compareText(a, b) > 0;

/** Order of numbers in which NaN is the greatest, and equal to itself. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(a !== a) - Number(b !== b);
}

/** Order of texts by code point, which is the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above every other unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** [n, value] for numbers. */
function numberExtreme(kind: string, better: NumberOrder): Accumulator {
  return {
    kind,
    numbers: 2,
    texts: 0,
    add(state, pairs, input) {
      const { values, valid } = numbersOf(input);
      const n = numberColumn(state, 0);
      const best = numberColumn(state, 1);
      for (let i = 0; i < pairs.count; i++) {
        const from = pairs.from[i] as number;
        if (valid !== null && valid[from] === 0) continue;
        const row = pairs.into[i] as number;
        const value = (values[from] as number) + 0;
        const seen = n[row] as number;
        n[row] = seen + 1;
        if (seen === 0 || better(value, best[row] as number)) best[row] = value;
      }
    },
    merge(into, from, pairs) {
      const n = numberColumn(into, 0);
      const best = numberColumn(into, 1);
      const otherN = numberColumn(from, 0);
      const otherBest = numberColumn(from, 1);
      for (let i = 0; i < pairs.count; i++) {
        const other = pairs.from[i] as number;
        const added = otherN[other] as number;
        if (added === 0) continue;
        const row = pairs.into[i] as number;
        const seen = n[row] as number;
        const value = otherBest[other] as number;
        n[row] = seen + added;
        if (seen === 0 || better(value, best[row] as number)) best[row] = value;
      }
    },
  };
}

/** [n] and {value} for text. */
function textExtreme(kind: string, better: TextOrder): Accumulator {
  const offer = (state: AccumulatorState, row: number, value: string): void => {
    const texts = state.texts[0] as (string | null)[];
    const best = texts[row] ?? null;
    if (best === null || better(value, best)) texts[row] = value;
  };
  return {
    kind,
    numbers: 1,
    texts: 1,
    add(state, pairs, input) {
      const [vector] = input.vectors;
      invariant(vector !== undefined && vector.kind !== 'number', `${kind} over no text`);
      const n = numberColumn(state, 0);
      for (let i = 0; i < pairs.count; i++) {
        const value = textCell(vector, pairs.from[i] as number);
        if (value === null) continue;
        const row = pairs.into[i] as number;
        n[row] = (n[row] as number) + 1;
        offer(state, row, value);
      }
    },
    merge(into, from, pairs: RowPairs) {
      const n = numberColumn(into, 0);
      const otherN = numberColumn(from, 0);
      for (let i = 0; i < pairs.count; i++) {
        const other = pairs.from[i] as number;
        const value = from.texts[0]?.[other] ?? null;
        if (value === null) continue;
        const row = pairs.into[i] as number;
        n[row] = (n[row] as number) + (otherN[other] as number);
        offer(into, row, value);
      }
    },
  };
}

function textCell(input: Vector, row: number): string | null {
  const cell: Cell = cellOf(input, row);
  return typeof cell === 'string' ? cell : null;
}

const bestNumber: Finish = (state, row) =>
  numberColumn(state, 0)[row] === 0 ? null : numberColumn(state, 1)[row];
const bestText: Finish = (state, row) => state.texts[0]?.[row] ?? null;

function extreme(name: 'min' | 'max', summary: string): AggregateFunction {
  return {
    name,
    summary,
    ...overOne(name),
    accepts: (type) => !isArray(type),
    accumulators: ([type]) => [type === 'string' ? `${name}_text` : name],
    resultType: ([type]) => type ?? 'double',
    nullable: nullIfAny,
    finish: (kind) => (kind === `${name}_text` ? bestText : bestNumber),
  };
}

/** The four kinds of state behind min and max. */
export const extremes: readonly Accumulator[] = [
  numberExtreme('min', below),
  numberExtreme('max', above),
  textExtreme('min_text', before),
  textExtreme('max_text', after),
];

/** min and max; the result keeps the type of the argument. */
export const extremeFunctions: readonly AggregateFunction[] = [
  extreme('min', 'Least value.'),
  extreme('max', 'Greatest value; NaN counts as greater than every number.'),
];
