/**
 * A column that is set to another column is that other column, to all that reads it in the workers.
 *
 *     set at = event_time    where at >= …   ▶   where event_time >= …
 *
 * Rows do not change: a slot is written once, and both hold the same value in every row that has the
 * copy. Whoever needs the copy itself (a dedup that hands it over, a union) still finds it.
 */
import type { ColumnExpression } from '../../core/expression/types.ts';
import type { Plan, SourceNode } from '../planner.ts';
import { mapExpressions, setArgs } from './expressions.ts';
import type { Optimized } from './pass.ts';
import {
  type FrameNode,
  type WorkerFrame,
  mapNodes,
  operationsOf,
  withOperations,
  workerFrame,
} from './worker-frame.ts';

/** The pass. */
export function followCopies(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) rewritten = ofSource(rewritten, source, rewrites);
  return { plan: rewritten, rewrites };
}

/** Slot → the name of the copy, and the column it is of. */
type Copies = ReadonlyMap<number, { readonly name: string; readonly of: ColumnExpression }>;

function ofSource(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const frame = workerFrame(plan, source);
  const copies = copiesByNode(frame);
  const followed = new Set<string>();
  const mapped = mapNodes(plan, frame, (node) => {
    const original = (slot: number): ColumnExpression | undefined => {
      const copy = copies.get(node)?.get(slot);
      if (copy !== undefined) followed.add(`${copy.name} is ${copy.of.name}: read as it`);
      return copy?.of;
    };
    const operations = mapExpressions(operationsOf(node), (part) =>
      part.kind === 'column' ? (original(part.slot) ?? part) : part,
    );
    return reading(withOperations(node, operations), original);
  });
  if (followed.size === 0) return plan;
  rewrites.push(...followed);
  return mapped;
}

/** The copies that each node sees: its own, and those of what is above it. O(nodes · copies). */
function copiesByNode({ nodes }: WorkerFrame): ReadonlyMap<FrameNode, Copies> {
  const seen = new Map<FrameNode, Copies>();
  const above = new Map<string, Copies>();
  for (const node of nodes) {
    const copies = new Map(above.get(node.input));
    for (const { slot, value, name = '' } of operationsOf(node).flatMap((e) => setArgs(e) ?? [])) {
      // In the order of the data, so that a copy of a copy leads to the original.
      if (value.kind !== 'column') continue;
      copies.set(slot, { name, of: copies.get(value.slot)?.of ?? value });
    }
    seen.set(node, copies);
    if (node.kind === 'record') above.set(node.name, copies);
  }
  return seen;
}

/** A node whose keys, aggregates or columns are the originals. */
function reading<Node extends FrameNode>(
  node: Node,
  original: (slot: number) => ColumnExpression | undefined,
): Node {
  const slotOf = (slot: number): number => original(slot)?.slot ?? slot;
  const moved = <Column extends { readonly slot: number }>(columns: readonly Column[]): Column[] =>
    columns.map((each) => ({ ...each, slot: slotOf(each.slot) }));
  if (node.kind === 'record') return node;
  if (node.kind === 'sink') return { ...node, columns: moved(node.columns) };
  const accumulators = node.accumulators.map((each) => {
    return { ...each, slots: each.slots.map(slotOf) };
  });
  return { ...node, keys: moved(node.keys), accumulators };
}
