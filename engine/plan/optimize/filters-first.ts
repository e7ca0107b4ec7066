/**
 * Filters come before what they do not read, so that a record that is dropped costs nothing more. What
 * stages in a row set is set behind the filters further down, as late as whoever reads it allows:
 *
 *     one: set a = t + 1, b = n              ▶   one:
 *     two: where a < 9 and city = 'x'            two: where city = 'x', set a, where a < 9, set b
 *
 * Rows, letters and counts do not change. Each stage keeps its own filters, so it drops what it dropped.
 * What moves is a `set` that cannot fail: no dead letter is lost with a record that is dropped before.
 * Conditions change places only within a filter that cannot fail. What no stage has set is there from
 * the source on: what asks for that alone is asked first.
 */
import { functions } from '../../core/expression/functions/registry.ts';
import { mayFail } from '../../core/expression/may-fail.ts';
import { type TypedExpression, slotsOf } from '../../core/expression/types.ts';
import { where } from '../../core/operation/where.ts';
import type { Operation, Plan, SourceNode } from '../planner.ts';
import { readBy } from '../reads.ts';
import { operationText } from '../text.ts';
import { setArgs, whereArgs } from './expressions.ts';
import type { Optimized } from './pass.ts';
import {
  type FrameNode,
  chainsOf,
  mapOperations,
  operationsOf,
  titleOf,
  workerFrame,
} from './worker-frame.ts';

/** The pass. */
export function filtersFirst(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) rewritten = ofSource(rewritten, source, rewrites);
  return { plan: rewritten, rewrites };
}

function ofSource(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const frame = workerFrame(plan, source);
  const moved = new Map<FrameNode, Operation[]>();
  for (const chain of chainsOf(frame)) {
    const steps = chain.flatMap((node) =>
      operationsOf(node).map((operation) => ({ node, operation })),
    );
    const found = sink(inPieces(steps));
    if (found.rewrites.length === 0) continue;
    rewrites.push(...found.rewrites);
    for (const node of chain) {
      const own = found.steps.filter((step) => step.node === node);
      moved.set(
        node,
        own.map(({ operation }) => operation),
      );
    }
  }
  if (moved.size === 0) return plan;
  return mapOperations(plan, frame, (operations, node) => moved.get(node) ?? operations);
}

/** An operation and the node that it is of. */
interface Step {
  readonly node: FrameNode;
  readonly operation: Operation;
}

/** Filters in pieces that wait for different sets, those first that wait for none or for earlier ones. */
function inPieces(steps: readonly Step[]): Step[] {
  const setAt = new Map(steps.map(({ operation }, at) => [setArgs(operation)?.slot, at]));
  const waitsFor = (condition: TypedExpression): number =>
    Math.max(-1, ...slotsOf(condition).map((slot) => setAt.get(slot) ?? -1));
  return steps.flatMap((step) => {
    const predicate = whereArgs(step.operation)?.predicate;
    if (predicate === undefined || mayFail(predicate, functions)) return [step];
    const pieces = Map.groupBy(sidesOf(predicate), waitsFor);
    if (pieces.size === 1) return [step];
    return [...pieces]
      .toSorted(([a], [b]) => a - b)
      .map(([, sides]) => ({ ...step, operation: whereAll(sides) }));
  });
}

const sidesOf = (node: TypedExpression): TypedExpression[] =>
  node.kind === 'call' && node.name === 'and' ? node.args.flatMap(sidesOf) : [node];

function whereAll(sides: readonly TypedExpression[]): Operation {
  const predicate = sides.reduce((left, right) => ({
    ...{ kind: 'call', type: 'bool', name: 'and', args: [left, right] },
    nullable: left.nullable || right.nullable,
  }));
  return { operation: where.operation, args: { predicate } };
}

/** Sets behind the last filter that each can wait for; the last set first, since others wait with it. */
function sink(steps: Step[]): { steps: Step[]; rewrites: string[] } {
  const rewrites: string[] = [];
  for (const step of steps.toReversed()) {
    const args = setArgs(step.operation);
    if (args === null || mayFail(args.value, functions)) continue;
    const from = steps.indexOf(step);
    const to = lastFilter(steps, from, args.slot);
    const filter = steps[to];
    if (filter === undefined) continue;
    steps.splice(from, 1);
    steps.splice(to, 0, { ...step, node: filter.node });
    const { text } = operationText(filter.operation);
    rewrites.push(
      `${titleOf(step.node)}: ${args.name ?? ''} is set behind where ${text} of ${titleOf(filter.node)}`,
    );
  }
  return { steps, rewrites };
}

/** The last filter behind a set before anything reads it, or makes rows of its own; −1: none. */
function lastFilter(steps: readonly Step[], from: number, slot: number): number {
  let last = -1;
  for (let at = from + 1; at < steps.length; at++) {
    const { operation } = steps[at] as Step;
    const isFilter = whereArgs(operation) !== null;
    if (!isFilter && setArgs(operation) === null) break;
    if (readBy(operation, slot + 1).includes(slot)) break;
    if (isFilter) last = at;
  }
  return last;
}
