/**
 * What worker threads run on the frame of one source. On the way to a node a slot is written once, and
 * every node below sees the same; nodes beside each other may write the same slot. Passes need to know
 * nothing else of a plan than this:
 *
 *     source ─▶ record ─▶ record ─▶ window │     a window or a dedup is the last on the frame,
 *                  │         └────▶ sink   │     a union takes slots off it into a frame of its own
 *                  └─▶ dedup │ union │
 */
import { type DedupArgs, cutAtDedup, dedup } from '../../core/operation/dedup.ts';
import type {
  Operation,
  Plan,
  RecordNode,
  SinkNode,
  SourceNode,
  UnionInput,
  WindowNode,
} from '../planner.ts';
import { readBy } from '../reads.ts';

/** A node that works on the frame. */
export type FrameNode = RecordNode | WindowNode | SinkNode;

/** The nodes on the frame of a source, in the order of the data. */
export interface WorkerFrame {
  readonly nodes: readonly FrameNode[];
  /** The inputs by which unions take slots. */
  readonly unions: readonly UnionInput[];
  /** Length of the longest frame of all nodes. */
  readonly slots: number;
}

/** Finds the frame of a source. O(stages + sinks). */
export function workerFrame(plan: Plan, source: SourceNode): WorkerFrame {
  const names = new Set([source.name]);
  const nodes: FrameNode[] = [];
  const unions: UnionInput[] = [];
  for (const stage of plan.stages) {
    if (stage.union !== undefined)
      unions.push(...stage.union.filter((one) => names.has(one.input)));
    else if (names.has(stage.input)) {
      nodes.push(stage);
      if (stage.kind === 'record' && cutAtDedup(stage.operations) === null) names.add(stage.name);
    }
  }
  nodes.push(...plan.sinks.filter(({ input }) => names.has(input)));
  const slots = Math.max(source.columns.length, ...nodes.map((node) => node.slots));
  return { nodes, unions, slots };
}

/**
 * The one node that reads a row-wise stage on the frame; null where there are others, or unions take
 * from it. A stage with a dedup has none: all that follows it runs on the main thread.
 */
function onlyReaderOf({ nodes, unions }: WorkerFrame, above: FrameNode): FrameNode | null {
  if (above.kind !== 'record' || cutAtDedup(above.operations) !== null) return null;
  const [reader, ...others] = nodes.filter(({ input }) => input === above.name);
  const isAlone = others.length === 0 && !unions.some(({ input }) => input === above.name);
  return isAlone ? (reader ?? null) : null;
}

/** The nodes in chains in which each alone reads the one before, as long as can be. O(nodes²). */
export function chainsOf(frame: WorkerFrame): FrameNode[][] {
  const readers = new Map(frame.nodes.map((node) => [node, onlyReaderOf(frame, node)]));
  const inside = new Set(readers.values());
  const chainFrom = (node: FrameNode): FrameNode[] => {
    const next = readers.get(node) ?? null;
    return [node, ...(next === null ? [] : chainFrom(next))];
  };
  return frame.nodes.filter((node) => !inside.has(node)).map(chainFrom);
}

/** A node's name in sentences: a sink may be called like a stage. */
export const titleOf = ({ kind, name }: FrameNode): string =>
  kind === 'sink' ? `sink ${name}` : name;

/** The operations of a node that run in the worker: all, or those before its dedup. */
export const operationsOf = (node: FrameNode): readonly Operation[] =>
  cutAtDedup(node.operations)?.before ?? node.operations;

/** The plan with the operations of each node on a frame as `change` makes them. */
export const mapOperations = (
  plan: Plan,
  frame: WorkerFrame,
  change: (operations: readonly Operation[], node: FrameNode) => readonly Operation[],
): Plan => mapNodes(plan, frame, (node) => withOperations(node, change(operationsOf(node), node)));

/** A node with other operations in the worker; itself if they are its own. */
export function withOperations<Node extends FrameNode>(
  node: Node,
  operations: readonly Operation[],
): Node {
  const before = operationsOf(node);
  if (operations === before || operations === node.operations) return node;
  return { ...node, operations: [...operations, ...node.operations.slice(before.length)] };
}

/** The plan with each node on a frame as `change` makes it. */
export function mapNodes(
  plan: Plan,
  { nodes }: WorkerFrame,
  change: <Node extends FrameNode>(node: Node) => Node,
): Plan {
  const on = new Set<FrameNode>(nodes);
  return {
    ...plan,
    stages: plan.stages.map((node) => (on.has(node) ? change(node) : node)),
    sinks: plan.sinks.map((node) => (on.has(node) ? change(node) : node)),
  };
}

/** The slots that anything reads; those of what a dedup hands over among them. O(frame). */
export function slotsRead({ nodes, unions, slots }: WorkerFrame): ReadonlySet<number> {
  return new Set([
    ...unions.flatMap((each) => each.slots),
    ...nodes.flatMap((node) => [
      ...operationsOf(node).flatMap((each) => readBy(each, slots)),
      ...readByNode(node),
    ]),
  ]);
}

/** What a node reads besides its operations. */
function readByNode(node: FrameNode): readonly number[] {
  if (node.kind === 'sink') return node.columns.map(({ slot }) => slot);
  if (node.kind === 'window') {
    const inputs = node.accumulators.flatMap((each) => each.slots);
    return [...node.keys.map(({ slot }) => slot), ...inputs];
  }
  const args = cutAtDedup(node.operations)?.args;
  return args === undefined ? [] : [...dedup.reads(args), ...args.carries];
}

/** A node with a frame of `slots`, up to its dedup too. */
export function withSlots<Node extends FrameNode>(node: Node, slots: number): Node {
  const operations = node.operations.map((each) =>
    each.operation === dedup.operation
      ? { ...each, args: { ...(each.args as DedupArgs), slots } }
      : each,
  );
  return { ...node, operations, slots };
}
