/**
 * What follows a dedup, on the main thread: the same kernels and the same partial aggregation as in
 * the workers, over the records of one slice at a time, in the order they are merged in.
 *
 *     table ──▶ dedup ──▶ set ──┬─▶ stage ─▶ sink: rows
 *                               └─▶ window: partial table, with the exact watermark before each record
 */
import type { Frame, Selection } from '../core/batch.ts';
import { elementIndex, elementIndexes } from '../core/element-index.ts';
import { gather, gatherValues } from '../core/gather.ts';
import { openKeyCodec } from '../core/key-codec.ts';
import { KeyDictionary } from '../core/key.ts';
import { type OperatedRows, compileOperations } from '../core/operation/compile.ts';
import { type CutOperations, cutAtDedup } from '../core/operation/dedup.ts';
import { invariant } from '../errors.ts';
import type { Operation, Plan, RecordNode, SinkNode } from '../plan/planner.ts';
import type { DedupTable, PartialTable, SliceReply, WantedLetter } from '../../workers/protocol.ts';
import type { DedupRuntime } from './dedup-state.ts';
import { windowBranch } from './dedup-window.ts';
import { placeOf } from './row-place.ts';
import {
  type RowCounts,
  type Tally,
  count,
  countExploded,
  countLetters,
  partitionCounts,
  rowCounts,
} from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** The records of one table on their way down, and what they have given so far. */
export interface DedupPass {
  readonly source: string;
  readonly partition: number;
  readonly table: Pick<DedupTable, 'offsets' | 'eventTimes' | 'timestamps' | 'indexes'>;
  /** Greatest event time of the partition before each row of the table, −Infinity if none: exact. */
  readonly newest: Float64Array;
  /** Watermark of the partition before each row (W2): `newest` less out_of_order. */
  readonly watermarks: Float64Array;
  readonly partials: PartialTable[];
  readonly rows: SliceReply['rows'][number][];
  readonly wanted: WantedLetter[];
}

/** One stage or sink with what follows it. */
export interface DedupBranch {
  run(frame: Frame, selection: Selection, pass: DedupPass): void;
}

/** What branches are opened with. */
export interface BranchContext {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly dedups: readonly DedupRuntime[];
  readonly windows: readonly WindowRuntime[];
}

/** A dedup that no other is above: takes the tables of the workers. */
export function outermostBranch(
  { node, state }: DedupRuntime,
  context: BranchContext,
): (table: DedupTable, pass: DedupPass) => void {
  const { args, after } = cutOf(node);
  const rest = restOf(node, after, context);
  return (table, pass) => {
    const vectors = new Array<Frame['vectors'][number]>(args.slots);
    args.carries.forEach((slot, i) => (vectors[slot] = table.vectors[i]));
    const every = { rows: Int32Array.from(table.key, (_, row) => row), count: table.length };
    const first = state.firstOf(every, { entries: table.entries, ids: table.key }, pass);
    countDuplicates(context.tally, node.name, every.count - first.count, pass);
    // The worker has counted as out what it sent.
    rowCounts(context.tally.rows, node.name).out -= every.count;
    rest.run({ vectors, length: table.length }, first, pass);
  };
}

/** A dedup below another. */
function innerBranch({ node, state }: DedupRuntime, context: BranchContext): DedupBranch {
  const { before, args, after } = cutOf(node);
  const { name } = node;
  const from = { name, operations: before, slots: args.slots };
  const operate = operation(from, context.tally.rows, context);
  const rest = restOf(node, after, context);
  const codec = openKeyCodec(args.keys);
  const dictionary = new KeyDictionary();
  return {
    run(frame, selection, pass) {
      const { tally } = context;
      rowCounts(tally.rows, name).in += selection.count;
      const kept = operate(frame, selection, pass);
      const ids = new Int32Array(kept.selection.count);
      dictionary.clear();
      codec.assign(kept.frame.vectors, kept.selection, dictionary, ids);
      const keys = { entries: dictionary.entriesSince(0), ids };
      const first = state.firstOf(kept.selection, keys, pass);
      countDuplicates(tally, name, kept.selection.count - first.count, pass);
      rest.run(kept.frame, first, pass);
    },
  };
}

const cutOf = ({ operations }: RecordNode): CutOperations => {
  const cut = cutAtDedup(operations);
  invariant(cut !== null, 'a dedup without a dedup');
  return cut;
};

/** The operations behind a dedup and all that reads its stage. */
function restOf(
  node: RecordNode,
  after: readonly Operation[],
  context: BranchContext,
): DedupBranch {
  const { name, slots } = node;
  const operate = operation({ name, operations: after, slots }, context.tally.rows, context);
  const children = below(name, context);
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
function below(input: string, context: BranchContext): DedupBranch[] {
  const { plan, dedups, windows } = context;
  const stages = plan.stages.flatMap((node, index): DedupBranch[] => {
    if (node.input !== input) return [];
    if (node.kind === 'window') {
      const window = windows.find((each) => each.index === index);
      invariant(window !== undefined, `no runtime of window ${node.name}`);
      const operate = operation(node, context.tally.rows, context);
      return [windowBranch(window, operate, context)];
    }
    const dedup = dedups.find((each) => each.index === index);
    return [dedup === undefined ? recordBranch(node, context) : innerBranch(dedup, context)];
  });
  const sinks = plan.sinks.flatMap((node, sink) =>
    node.input === input ? [sinkBranch(node, sink, context)] : [],
  );
  return [...stages, ...sinks];
}

function recordBranch(node: RecordNode, context: BranchContext): DedupBranch {
  const rest = restOf(node, node.operations, context);
  return {
    run(frame, selection, pass) {
      rowCounts(context.tally.rows, node.name).in += selection.count;
      rest.run(frame, selection, pass);
    },
  };
}

function sinkBranch(node: SinkNode, sink: number, context: BranchContext): DedupBranch {
  const operate = operation(node, context.tally.sinks, context);
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

/** The pass in which row r is what row `from[r]` was: its record and times. O(rows). */
function explodedPass(pass: DedupPass, from: Int32Array): DedupPass {
  const { table, newest, watermarks } = pass;
  const rows: Selection = { rows: from, count: from.length };
  const offsets = gatherValues(table.offsets, rows);
  return {
    ...pass,
    table: {
      offsets,
      eventTimes: gatherValues(table.eventTimes, rows),
      timestamps: gatherValues(table.timestamps, rows),
      indexes: elementIndexes(from, table.indexes ?? null),
    },
    newest: gatherValues(newest, rows),
    watermarks: gatherValues(watermarks, rows),
  };
}

/** Runs operations over the rows of a pass. */
export type Operate = (
  frame: Frame,
  selection: Selection,
  pass: DedupPass,
) => Pick<OperatedRows, 'frame' | 'selection' | 'from'>;

function countDuplicates(
  tally: Tally,
  stage: string,
  by: number,
  { source, partition }: DedupPass,
): void {
  count(tally.duplicates, stage, by);
  partitionCounts(tally, source, partition).duplicates += by;
}

/** Operations of a node, that count what they filter and fail; failed records become letters. */
function operation(
  { name, operations, slots }: Pick<RecordNode, 'name' | 'operations' | 'slots'>,
  family: Map<string, RowCounts>,
  { plan, tally }: BranchContext,
): Operate {
  if (operations.length === 0) return (frame, selection) => ({ frame, selection, from: null });
  const program = compileOperations(name, operations, slots);
  const isSkipped = plan.errors.expression === 'skip';
  return (frame, selection, pass) => {
    const { table, wanted } = pass;
    const after = program.run(frame, selection, (row, reason, element) => {
      if (isSkipped) return;
      const outer = table.indexes?.[row];
      const index = element === null ? outer : elementIndex(outer ?? null, element);
      wanted.push({ code: 'EXPRESSION', reason, stage: name, ...placeOf(table, row, index) });
    });
    // Here and not when the letters are written, so that a snapshot counts what it has merged.
    const at = partitionCounts(tally, pass.source, pass.partition);
    if (isSkipped) {
      tally.skipped += after.failed;
      at.skipped += after.failed;
    } else countLetters(tally, 'EXPRESSION', after.failed, pass);
    if (family === tally.rows) at.filtered += after.filtered;
    const counts = rowCounts(family, name);
    counts.filtered += after.filtered;
    counts.failed += after.failed;
    countExploded(counts, after.exploded);
    return after;
  };
}
