/** Spec → plan of sinks and of the place for dead letters. */
import type { SinkSpec, Spec } from '../spec/spec.ts';
import type { Building } from './build.ts';
import { planPredicate } from './expression.ts';
import type { ErrorPlan, Operation, SinkInput, SinkNode } from './planner.ts';

/** Plans a sink; null when it is wrong, or when what it reads could not be planned. */
export function planSink(spec: SinkSpec, building: Building): SinkNode | null {
  const { name, from: input } = spec;
  const path = ['sinks', name];
  const offer = building.offers.get(input);
  if (offer === undefined) return null;
  const operations: Operation[] = [];
  if (spec.where !== null) {
    const predicate = planPredicate(spec.where, offer, building.context([...path, 'where']));
    if (predicate !== null) operations.push({ operation: 'where', args: { predicate } });
  }
  const { keyword, args } = spec.connector;
  const stage = building.stageOf('sink', keyword);
  const planned = stage.plan(args, offer, building.context([...path, keyword]));
  if (planned === null) return null;
  const { connector, columns, ...more } = planned;
  const frame = { operations, slots: offer.slots, columns, connector };
  return { kind: 'sink', name, input, ...frame, ...more };
}

/** Dead letters are records as they came, or rows as JSON: no column of them has a name. */
const NO_COLUMNS: SinkInput = { columns: [], broken: new Set(), window: false, keys: [] };

/** Plans the error policies; null when dead letters have no place to go. */
export function planErrors(spec: Spec, building: Building): ErrorPlan | null {
  const { decode, expression, deadLetter, stopWhen, giveUpAfterMs } = spec.errors;
  const path = ['errors', 'dead_letter', deadLetter.keyword];
  const stage = building.stageOf('sink', deadLetter.keyword);
  const planned = stage.plan(deadLetter.args, NO_COLUMNS, building.context(path));
  if (planned === null) return null;
  const errors = { decode, expression, deadLetter: planned.connector, stopWhen };
  return giveUpAfterMs === null ? errors : { ...errors, giveUpAfterMs };
}
