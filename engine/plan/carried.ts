/** What crosses the thread at a dedup: of the columns before it, those that anything after it reads. */
import type { DedupArgs } from '../core/operation/dedup.ts';
import { cutAtDedup, dedup } from '../core/operation/dedup.ts';
import type { Plan, RecordNode, WindowNode } from './planner.ts';
import { readBy } from './reads.ts';
import { inputsOf } from './union.ts';

type Nodes = Pick<Plan, 'stages' | 'sinks'>;

/** The stages with `carries` filled in; those without a dedup as they are. O(plan²). */
export const withCarries = (nodes: Nodes): Plan['stages'] =>
  nodes.stages.map((node) => (node.kind === 'record' ? carrying(node, nodes) : node));

function carrying(node: RecordNode, nodes: Nodes): RecordNode {
  const cut = cutAtDedup(node.operations);
  if (cut === null) return node;
  const { before, args, after } = cut;
  const read = new Set([
    ...after.flatMap((each) => readBy(each, args.slots)),
    ...below(node.name, nodes, args),
  ]);
  const carries = [...read].filter((slot) => slot < args.slots).sort((a, b) => a - b);
  const operation = { operation: dedup.operation, args: { ...args, carries } };
  return { ...node, operations: [...before, operation, ...after] };
}

/** The slots read by all stages and sinks below a name, in the frame of its rows. */
function below(name: string, nodes: Nodes, args: Pick<DedupArgs, 'slots'>): number[] {
  const stages = nodes.stages.filter((stage) => inputsOf(stage).includes(name));
  const sinks = nodes.sinks.filter(({ input }) => input === name);
  return [
    ...sinks.flatMap(({ operations, columns }) => [
      ...operations.flatMap((operation) => readBy(operation, args.slots)),
      ...columns.map(({ slot }) => slot),
    ]),
    ...stages.flatMap((stage) => {
      // A union has slots of its own.
      const slots = stage.union?.find(({ input }) => input === name)?.slots;
      if (slots === undefined) return readBelow(stage, nodes, args);
      return readBelow(stage, nodes, { slots: slots.length }).flatMap((slot) => slots[slot] ?? []);
    }),
  ];
}

/** The slots read by a stage and all below it, in the frame that it reads. */
function readBelow(
  stage: RecordNode | WindowNode,
  nodes: Nodes,
  args: Pick<DedupArgs, 'slots'>,
): number[] {
  const own = stage.operations.flatMap((operation) => readBy(operation, args.slots));
  if (stage.kind === 'record') return [...own, ...below(stage.name, nodes, args)];
  const inputs = stage.accumulators.flatMap(({ slots }) => slots);
  return [...own, ...stage.keys.map(({ slot }) => slot), ...inputs];
}
