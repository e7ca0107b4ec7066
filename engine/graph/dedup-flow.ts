/**
 * Dedups of one source: merged slices in their order → the same slices, to which is added what the
 * records that pass give. So windows, sinks and counters below a dedup take what they would take from
 * a worker, and everything happens in the turn in which the slice is merged: a snapshot never lies
 * between a record and its key.
 */
import { isBelowDedup } from '../plan/below-dedup.ts';
import type { DedupTable } from '../../workers/protocol.ts';
import { type BranchContext, type DedupPass, outermostBranch } from './dedup-branch.ts';
import type { Merged, MergedSlice } from './merged.ts';

/** A source as dedups see it. */
interface DedupedSource {
  readonly name: string;
  readonly outOfOrderMs: number;
}

/** Opens the dedups of a source and what follows them. */
export function openDedupFlow(
  { name, outOfOrderMs }: DedupedSource,
  context: BranchContext,
): (merged: Merged) => Merged {
  const dedups = context.dedups.filter(({ source }) => source === name);
  const outermost = dedups.filter(({ node }) => !isBelowDedup(context.plan, node));
  const branches = new Map(outermost.map((one) => [one.index, outermostBranch(one, context)]));
  return (merged) => ({
    ...merged,
    slices: merged.slices.map((slice) => {
      for (const { state } of dedups) state.expire(slice.reply.partition, slice.watermarkBefore);
      return slice.reply.dedups === undefined ? slice : withRest(slice, slice.reply.dedups);
    }),
  });

  function withRest(slice: MergedSlice, tables: readonly DedupTable[]): MergedSlice {
    const { reply, maxBefore } = slice;
    const found = { partials: [...reply.partials], rows: [...reply.rows], wanted: [] };
    for (const table of tables) {
      // The worker knew what it had read itself, the main thread knows what came before.
      const newest = table.before.map((max) => Math.max(max, maxBefore));
      const watermarks = newest.map((max) => max - outOfOrderMs);
      const at = { source: name, partition: reply.partition };
      const pass: DedupPass = { ...at, ...found, table, newest, watermarks };
      branches.get(table.stage)?.(table, pass);
    }
    const { partials, rows, wanted } = found;
    return { ...slice, reply: { ...reply, partials, rows, dedups: [] }, wanted };
  }
}
