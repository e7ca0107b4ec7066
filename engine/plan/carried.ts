/** What crosses the thread at a dedup: of the columns before it, those that anything after it reads. */
import type { DedupArgs } from '../core/operation/dedup.ts';
import { cutAtDedup, dedup } from '../core/operation/dedup.ts';
import type { Plan, RecordNode } from './planner.ts';
import { readBy } from './reads.ts';

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

/** The slots read by all stages and sinks below a name. */
function below(name: string, nodes: Nodes, args: DedupArgs): number[] {
  const stages = nodes.stages.filter(({ input }) => input === name);
  const sinks = nodes.sinks.filter(({ input }) => input === name);
  return [
    ...[...stages, ...sinks].flatMap(({ operations }) =>
      operations.flatMap((operation) => readBy(operation, args.slots)),
    ),
    ...sinks.flatMap(({ columns }) => columns.map(({ slot }) => slot)),
    ...stages.flatMap((stage) => {
      if (stage.kind === 'record') return below(stage.name, nodes, args);
      const { keys, accumulators } = stage;
      const inputs = accumulators.flatMap(({ slots }) => slots);
      return [...keys.map(({ slot }) => slot), ...inputs];
    }),
  ];
}
