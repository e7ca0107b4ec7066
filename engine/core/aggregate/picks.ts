/** first, last, min_by and max_by. */
import { type ColumnType, isArray, isText } from '../batch.ts';
import type { Accumulator } from './accumulator.ts';
import type { AggregateFunction, Finish } from './aggregate.ts';
import { nullIfAny, overOne } from './aggregate.ts';
import { numberColumn } from './numbers.ts';
import { pick } from './pick.ts';
import type { PickRule } from './pick-rule.ts';
import { placesOf } from './pick-rule.ts';

type Held = 'number' | 'text';

const held: readonly Held[] = ['number', 'text'];

const heldAs = (type: ColumnType | undefined): Held =>
  type !== undefined && isText(type) ? 'text' : 'number';

/** `first`, `first_text`, `min_by`, `min_by_text`, and with a key of text `min_by_over_text` …. */
const kindOf = (name: string, value: Held, key: Held = 'number'): string =>
  [name, ...(value === 'text' ? ['text'] : []), ...(key === 'text' ? ['over_text'] : [])].join('_');

const rules: readonly PickRule[] = [
  ...held.flatMap((value): PickRule[] => [
    { kind: kindOf('first', value), key: 'time', value, greatest: false, latest: false },
    { kind: kindOf('last', value), key: 'time', value, greatest: true, latest: true },
  ]),
  ...held.flatMap((value) =>
    held.flatMap((key): PickRule[] => [
      { kind: kindOf('min_by', value, key), key, value, greatest: false, latest: false },
      { kind: kindOf('max_by', value, key), key, value, greatest: true, latest: false },
    ]),
  ),
];

/** The kinds of state behind them. */
export const picks: readonly Accumulator[] = rules.map(pick);

const ruleByKind = new Map(rules.map((rule) => [rule.kind, rule]));

function finish(kind: string): Finish {
  const rule = ruleByKind.get(kind);
  const { valueNumber, hasValue, valueText } = placesOf(rule ?? { key: 'time' });
  if (rule?.value === 'text') return (state, row) => state.texts[valueText]?.[row] ?? null;
  return (state, row) =>
    numberColumn(state, hasValue)[row] === 0 ? null : numberColumn(state, valueNumber)[row];
}

const byTime = (name: 'first' | 'last', summary: string): AggregateFunction => ({
  ...{ name, summary, ...overOne(name) },
  accepts: () => true,
  accumulators: ([type]) => [kindOf(name, heldAs(type))],
  resultType: ([type]) => type ?? 'double',
  nullable: nullIfAny,
  finish,
});

const byKey = (name: 'min_by' | 'max_by', summary: string): AggregateFunction => ({
  ...{ name, summary },
  usage: [`${name}(x, y)`],
  inputs: [2, 2],
  accepts: (type, index) => index === 0 || !isArray(type),
  accumulators: ([value, key]) => [kindOf(name, heldAs(value), heldAs(key))],
  resultType: ([type]) => type ?? 'double',
  nullable: nullIfAny,
  finish,
});

/** Aggregates that pick a record; the result keeps the type of x. */
export const pickFunctions: readonly AggregateFunction[] = [
  byTime('first', 'The earliest x that is not null, by event time, then partition and offset.'),
  byTime('last', 'The latest x that is not null, by event time, then partition and offset.'),
  byKey(
    'min_by',
    'x of the record with the least y, null if x is null there; of several the first.',
  ),
  byKey(
    'max_by',
    'x of the record with the greatest y, null if x is null there; of several the first.',
  ),
];
