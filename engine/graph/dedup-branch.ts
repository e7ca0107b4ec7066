/**
 * What follows a dedup, on the main thread: the same kernels and the same partial aggregation as in
 * the workers, over the records of one slice at a time, in the order they are merged in.
 *
 *     gate ──▶ set ──┬─▶ stage ─▶ sink: rows
 *                    ├─▶ window: partial table, with the exact watermark before each record
 *                    └─▶ the gate of the next dedup
 *
 * What reads a union may have another part in the workers: both add to the same slice.
 */
import { gather, gatherValues } from '../core/gather.ts';
import { invariant } from '../errors.ts';
import type { Operation, Plan, RecordNode, SinkNode, WindowNode } from '../plan/planner.ts';
import type { DedupRuntime } from './dedup-state.ts';
import { openOperations } from './dedup-operation.ts';
import { type DedupBranch, explodedPass, inputBranch } from './dedup-pass.ts';
import { windowBranch } from './dedup-window.ts';
import { type Tally, rowCounts } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** What branches are opened with. */
export interface BranchContext {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly dedups: readonly DedupRuntime[];
  readonly windows: readonly WindowRuntime[];
}

/** Branches by the index of their stage: one each, however many inputs it has. */
export type OpenedBranches = Map<number, DedupBranch>;

interface Opening {
  readonly context: BranchContext;
  readonly opened: OpenedBranches;
}

/**
 * The operations of a stage from some on, and all that reads it; dedups among that are `opened`
 * already.
 */
export function restOf(
  node: RecordNode,
  after: readonly Operation[],
  { context, opened }: Opening,
): DedupBranch {
  const { name, slots } = node;
  const operate = openOperations({ name, operations: after, slots }, context.tally.rows, context);
  const children = below(name, context, opened);
  return {
    run(frame, selection, pass) {
      const kept = operate(frame, selection, pass);
      rowCounts(context.tally.rows, name).out += kept.selection.count;
      const inside = kept.from === null ? pass : explodedPass(pass, kept.from);
      for (const child of children) child.run(kept.frame, kept.selection, inside);
    },
  };
}

/** The branches of all that reads a stage. */
function below(input: string, context: BranchContext, opened: OpenedBranches): DedupBranch[] {
  const { plan } = context;
  const stages = plan.stages.flatMap((node, index): DedupBranch[] => {
    const { union } = node;
    const at = union?.findIndex((each) => each.input === input) ?? -1;
    if (union === undefined ? node.input !== input : at < 0) return [];
    const branch = opened.get(index) ?? stageBranch(node, index, { context, opened });
    opened.set(index, branch);
    return [union === undefined ? branch : inputBranch(union, at, branch)];
  });
  const sinks = plan.sinks.flatMap((node, sink) =>
    node.input === input ? [sinkBranch(node, sink, context)] : [],
  );
  return [...stages, ...sinks];
}

function stageBranch(node: RecordNode | WindowNode, index: number, opening: Opening): DedupBranch {
  const { context } = opening;
  if (node.kind === 'record') return recordBranch(node, opening);
  const window = context.windows.find((each) => each.index === index);
  invariant(window !== undefined, `no runtime of window ${node.name}`);
  return windowBranch(window, openOperations(node, context.tally.rows, context), context);
}

function recordBranch(node: RecordNode, opening: Opening): DedupBranch {
  const { tally } = opening.context;
  const rest = restOf(node, node.operations, opening);
  return {
    run(frame, selection, pass) {
      rowCounts(tally.rows, node.name).in += selection.count;
      rest.run(frame, selection, pass);
    },
  };
}

function sinkBranch(node: SinkNode, sink: number, context: BranchContext): DedupBranch {
  const operate = openOperations(node, context.tally.sinks, context);
  const slots = node.columns.map(({ slot }) => slot);
  const { envelope = false } = node;
  return {
    run(frame, selection, pass) {
      const { source, partition, table, rows } = pass;
      const counts = rowCounts(context.tally.sinks, node.name);
      const kept = operate(frame, selection, pass);
      counts.in += selection.count;
      counts.out += kept.selection.count;
      if (kept.selection.count === 0) return;
      const { timestamps, offsets, eventTimes, indexes } = table;
      const origin = {
        ...({ kind: 'records', source, partition } as const),
        offsets: gatherValues(offsets, kept.selection),
        eventTimes: gatherValues(eventTimes, kept.selection),
        ...(envelope && { timestamps: gatherValues(timestamps, kept.selection) }),
        ...(indexes && { indexes: gatherValues(indexes, kept.selection) }),
      };
      const vectors = gather(kept.frame.vectors, slots, kept.selection);
      rows.push({ sink, batch: { length: kept.selection.count, vectors, origin } });
    },
  };
}
