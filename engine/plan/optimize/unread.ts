/**
 * What nobody reads is not computed: a `set` whose column no operation, key, aggregate, sink, union or
 * dedup reads is left out, and so is what only it has read. Columns of the source that nobody reads
 * are looked at for presence and type (T2), and no more.
 *
 * Rows do not change: a column that is not read is in no row. A `set` that may fail stays, since its
 * failures are dead letters.
 */
import { functions } from '../../core/expression/functions/registry.ts';
import { mayFail } from '../../core/expression/may-fail.ts';
import type { Operation, Plan, SourceNode } from '../planner.ts';
import { setArgs } from './expressions.ts';
import type { Optimized } from './pass.ts';
import { type FrameNode, mapOperations, slotsRead, workerFrame } from './worker-frame.ts';

/** The pass. */
export function dropUnread(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) {
    rewritten = withoutSets(rewritten, source, rewrites);
    rewritten = withoutColumns(rewritten, source, rewrites);
  }
  return { plan: rewritten, rewrites };
}

/** Without sets that are not read, nor then those that only they have read. O(frame · sets). */
function withoutSets(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const frame = workerFrame(plan, source);
  const read = slotsRead(frame);
  const left: string[] = [];
  const rest = mapOperations(plan, frame, (operations, node) => {
    const kept = operations.filter((each) => !isInVain(each, read));
    if (kept.length === operations.length) return operations;
    left.push(...operations.filter((each) => !kept.includes(each)).map((each) => text(node, each)));
    return kept;
  });
  if (left.length === 0) return plan;
  rewrites.push(...left);
  return withoutSets(rest, source, rewrites);
}

function isInVain(operation: Operation, read: ReadonlySet<number>): boolean {
  const args = setArgs(operation);
  return args !== null && !read.has(args.slot) && !mayFail(args.value, functions);
}

const text = (node: FrameNode, operation: Operation): string =>
  `${node.name}: nobody reads ${setArgs(operation)?.name ?? ''}, so it is not computed`;

function withoutColumns(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const read = slotsRead(workerFrame(plan, source));
  const time = 'slot' in source.eventTime ? source.eventTime.slot : null;
  const unread = source.columns.filter(({ slot }) => !read.has(slot) && slot !== time);
  if (unread.length === 0) return plan;
  const slots = new Set(unread.map(({ slot }) => slot));
  const names = unread.map(({ name }) => name).join(', ');
  rewrites.push(`${source.name}: nobody reads ${names}, so only presence and type are checked`);
  const fields = source.fields.map((field, i) =>
    slots.has(source.columns[i]?.slot ?? -1) ? { ...field, unread: true as const } : field,
  );
  const sources = plan.sources.map((each) => (each === source ? { ...source, fields } : each));
  return { ...plan, sources };
}
