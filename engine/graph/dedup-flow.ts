/**
 * Dedups of one source: merged slices in their order → the same slices, to which is added what the
 * records that pass give. So windows, sinks and counters below a dedup take what they would take from
 * a worker, and everything happens in the turn in which the slice is merged: a snapshot never lies
 * between a record and its key.
 */
import { rowsInOrder } from '../core/row-order.ts';
import type { DedupTable } from '../../workers/protocol.ts';
import type { BranchContext, OpenedBranches } from './dedup-branch.ts';
import { type DedupGate, openGate } from './dedup-gate.ts';
import type { DedupPass } from './dedup-pass.ts';
import type { JointGate } from './joint-gate.ts';
import type { Merged, MergedSlice } from './merged.ts';

/** A source as dedups see it. */
interface DedupedSource {
  readonly name: string;
  readonly outOfOrderMs: number;
}

/**
 * Opens the dedups of a source and what follows them; `joint` ones, over it and others, take what
 * reaches them and let it pass by themselves.
 */
export function openDedupFlow(
  { name, outOfOrderMs }: DedupedSource,
  context: BranchContext,
  joint: ReadonlyMap<number, JointGate> = new Map(),
): (merged: Merged) => Merged {
  const dedups = context.dedups.filter(({ sources }) => sources.join() === name);
  const gates = openGates(dedups, context, joint);
  return (merged) => ({
    ...merged,
    slices: merged.slices.map((slice) => {
      for (const { state } of dedups) state.expire(slice.reply.partition, slice.watermarkBefore);
      return slice.reply.dedups === undefined ? slice : withRest(slice, slice.reply.dedups);
    }),
  });

  function withRest(slice: MergedSlice, tables: readonly DedupTable[]): MergedSlice {
    const { reply, maxBefore } = slice;
    const found: Pick<DedupPass, 'partials' | 'rows' | 'wanted'> = {
      ...{ partials: [], rows: [], wanted: [] },
    };
    for (const table of tables) {
      // The worker knew what it had read itself, the main thread knows what came before.
      const newest = table.before.map((max) => Math.max(max, maxBefore));
      const watermarks = newest.map((max) => max - outOfOrderMs);
      const at = { source: name, partition: reply.partition };
      const gate = gates.get(table.stage) ?? joint.get(table.stage);
      gate?.take(table, { ...at, ...found, table, newest, watermarks });
    }
    // In the order of the data.
    for (const gate of gates.values()) gate.release();
    const { partials, rows, wanted } = found;
    return {
      ...slice,
      reply: {
        ...reply,
        partials: [...reply.partials, ...partials],
        rows: rowsInOrder([...reply.rows, ...rows]),
        dedups: [],
      },
      wanted,
      own: new Set(partials),
    };
  }
}

/** The dedups by the index of their stage, in the order of the data; the last are opened first. */
function openGates(
  dedups: BranchContext['dedups'],
  context: BranchContext,
  joint: ReadonlyMap<number, JointGate>,
): ReadonlyMap<number, DedupGate> {
  const opened: OpenedBranches = new Map(joint);
  const gates = dedups.toReversed().map((dedup): [number, DedupGate] => {
    const gate = openGate(dedup, context, opened);
    opened.set(dedup.index, gate);
    return [dedup.index, gate];
  });
  return new Map(gates.toReversed());
}
