/**
 * State of the aggregates that pick one record of a group and keep one of its values: first, last,
 * min_by, max_by. A key decides (the event time, or a column), then the order of records: event time,
 * source partition, offset (O1). So the result does not depend on how records were cut, interleaved
 * or merged. Rows that came of one record lie in order in one batch, and rank by that.
 */
import type { Accumulator, AccumulatorState, RowPairs } from './accumulator.ts';
import { compareNumbers, compareText } from './extremes.ts';
import { numberColumn } from './numbers.ts';
import type { Candidates } from './pick-candidates.ts';
import { groupsOf, recordsOf } from './pick-candidates.ts';
import type { PickRule } from './pick-rule.ts';
import { placesOf } from './pick-rule.ts';

/** The accumulator of a rule. */
export function pick(rule: PickRule): Accumulator {
  const { kind, value } = rule;
  const { valueNumber, valueText } = placesOf(rule);
  return {
    kind,
    numbers: valueNumber + (value === 'number' ? 2 : 0),
    texts: valueText + (value === 'text' ? 1 : 0),
    add: (state, pairs, input) => {
      choose(rule, state, pairs, recordsOf(rule, state, input));
    },
    merge: (into, from, pairs) => {
      choose(rule, into, pairs, groupsOf(rule, into, from));
    },
  };
}

function choose(rule: PickRule, state: AccumulatorState, pairs: RowPairs, from: Candidates): void {
  const n = numberColumn(state, 0);
  const wins = contest(rule, state, from);
  const take = taking(rule, state, from);
  for (let pair = 0; pair < pairs.count; pair++) {
    const i = pairs.from[pair] as number;
    const inputs = from.inputs(i);
    if (inputs === 0) continue;
    const row = pairs.into[pair] as number;
    const seen = n[row] as number;
    n[row] = seen + inputs;
    if (seen === 0 || wins(i, row)) take(i, row);
  }
}

/** Whether candidate i is to replace what a row holds. */
function contest(
  rule: PickRule,
  state: AccumulatorState,
  from: Candidates,
): (i: number, row: number) => boolean {
  const { time, partition, offset, keyNumber, keyText } = placesOf(rule);
  const [times, partitions, offsets] = [time, partition, offset].map((at) =>
    numberColumn(state, at),
  ) as [Float64Array, Float64Array, Float64Array];
  const keys = numberColumn(state, keyNumber);
  const texts = state.texts[keyText];
  const byKey =
    rule.key === 'text'
      ? (i: number, row: number) => compareText(from.key(i) as string, texts?.[row] as string)
      : (i: number, row: number) => compareNumbers(from.key(i) as number, keys[row] as number);
  const byOrder = (i: number, row: number): number =>
    from.time(i) - (times[row] as number) ||
    from.partition(i) - (partitions[row] as number) ||
    from.offset(i) - (offsets[row] as number);
  return (i, row) => {
    const compared = byKey(i, row);
    if (compared !== 0) return compared > 0 === rule.greatest;
    // Equal in everything are only rows of one record, which come in their order.
    return rule.latest ? byOrder(i, row) >= 0 : byOrder(i, row) < 0;
  };
}

/** Writes candidate i to a row. */
function taking(
  rule: PickRule,
  state: AccumulatorState,
  from: Candidates,
): (i: number, row: number) => void {
  const { time, partition, offset, keyNumber, keyText } = placesOf(rule);
  const keys: (number | string | null)[] | Float64Array | undefined =
    rule.key === 'text' ? state.texts[keyText] : numberColumn(state, keyNumber);
  return (i, row) => {
    numberColumn(state, time)[row] = from.time(i);
    numberColumn(state, partition)[row] = from.partition(i);
    numberColumn(state, offset)[row] = from.offset(i);
    if (keys !== undefined) keys[row] = from.key(i);
    from.put(i, row);
  };
}
