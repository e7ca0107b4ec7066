/**
 * The stages of a source that run in the worker, as a tree of branches: row-wise stages, and at the
 * leaves windows (partial aggregation), sinks (rows to be written) and dedups (what follows them runs
 * on the main thread).
 */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { type CutOperations, cutAtDedup } from '../engine/core/operation/dedup.ts';
import { inputIndexes } from '../engine/core/element-index.ts';
import { gather, gatherValues } from '../engine/core/gather.ts';
import type {
  Plan,
  RecordNode,
  SinkNode,
  SourceNode,
  UnionInput,
  WindowNode,
} from '../engine/plan/planner.ts';
import { DedupStage } from './dedup.ts';
import { explodedPass } from './exploded.ts';
import type { Letters } from './letters.ts';
import { type Counted, type Operate, openOperations } from './operate.ts';
import { PartialStage } from './partial.ts';
import type { DedupTable, Slice, SliceReply, Task } from './protocol.ts';
import type { Reading } from './read.ts';

/** What is gathered while the branches run over one slice. */
export interface Pass {
  readonly source: string;
  readonly slice: Slice;
  readonly late: Task['late'];
  readonly table: Readonly<Record<'offset' | 'timestamp', Float64Array>>;
  readonly reading: Pick<Reading, 'length' | 'eventTime' | 'before'>;
  readonly letters: Pick<Letters, 'add'>;
  /** Below an explode: the number of each row among those of its record. */
  readonly indexes: Float64Array | null;
  readonly counts: Float64Array;
  readonly dedups: DedupTable[];
  readonly rows: SliceReply['rows'][number][];
}

/** One stage, or several in one loop, with what follows. */
export interface Branch extends Pick<Operate, 'program'> {
  readonly children: readonly Branch[];
  run(frame: Frame, selection: Selection, pass: Pass): void;
}

/** Opens all branches of a source, and names its window stages. */
export function openBranches(
  plan: Plan,
  source: SourceNode,
): { branches: Branch[]; windows: PartialStage[] } {
  const windows: PartialStage[] = [];
  // One of each, however many inputs it has: a window gives one table a slice.
  const opened = new Map<number, Branch>();
  const branchOf = (node: RecordNode | WindowNode, index: number): Branch => {
    const known = opened.get(index);
    if (known !== undefined) return known;
    const branch = stageBranch(node, index);
    opened.set(index, branch);
    return branch;
  };
  const stageBranch = (
    node: RecordNode | WindowNode,
    index: number,
    above: readonly Counted[] = [],
  ): Branch => {
    if (node.kind === 'record') {
      const cut = cutAtDedup(node.operations);
      if (cut !== null) return dedupBranch(node, index, cut);
      return (
        fusedBranch(node.name, [...above, { node, index }]) ??
        recordBranch(openOperations(above, { node, index }), below(node.name))
      );
    }
    const stageOf = (name = ''): PartialStage | null =>
      windows.find(({ stage }) => plan.stages[stage]?.name === name) ?? null;
    const before = { keys: stageOf(node.keysOf), panes: stageOf(node.panesOf) };
    const window = new PartialStage(plan, index, source, before);
    windows.push(window);
    return windowBranch(openOperations(above, { node, index }), window);
  };
  /** The branch of the one stage or sink that shares the loop of those above it; null if none does. */
  const fusedBranch = (input: string, above: readonly Counted[]): Branch | null => {
    const isNext = (node: Plan['stages'][number] | SinkNode): boolean =>
      node.input === input && node.fused === true;
    const stage = plan.stages.findIndex(isNext);
    if (stage >= 0) return stageBranch(plan.stages[stage] as RecordNode, stage, above);
    const sink = plan.sinks.findIndex(isNext);
    return sink < 0 ? null : branchOfSink(sink, above);
  };
  const branchOfSink = (sink: number, above: readonly Counted[] = []): Branch => {
    const node = plan.sinks[sink] as SinkNode;
    const index = plan.stages.length + sink;
    return sinkBranch(node, sink, openOperations(above, { node, index, isSink: true }));
  };
  const below = (input: string): Branch[] => [
    ...plan.stages.flatMap((node, index) => {
      if (node.union === undefined) return node.input === input ? [branchOf(node, index)] : [];
      const at = node.union.findIndex((each) => each.input === input);
      return at < 0 ? [] : [inputBranch(node.union, at, branchOf(node, index))];
    }),
    ...plan.sinks.flatMap((node, sink) => (node.input === input ? [branchOfSink(sink)] : [])),
  ];
  return { branches: below(source.name), windows };
}

/** One input of a union: its rows with the union's slots, told apart from those of the other inputs. */
function inputBranch(union: readonly UnionInput[], at: number, branch: Branch): Branch {
  const { slots } = union[at] as UnionInput;
  return {
    program: branch.program,
    children: branch.children,
    run({ vectors, length }, selection, pass) {
      const aligned = { vectors: slots.map((slot) => vectors[slot]), length };
      const indexes = inputIndexes(pass.indexes, length, { at, inputs: union.length });
      branch.run(aligned, selection, { ...pass, indexes });
    },
  };
}

function recordBranch(operate: Operate, children: Branch[]): Branch {
  return {
    program: operate.program,
    children,
    run(frame, selection, pass) {
      const kept = operate.run(frame, selection, pass);
      const below = kept.from === null ? pass : explodedPass(pass, kept.from);
      for (const child of children) child.run(kept.frame, kept.selection, below);
    },
  };
}

/** Ends the worker's part: the main thread opens what follows. */
function dedupBranch({ name }: RecordNode, index: number, cut: CutOperations): Branch {
  const { before, args } = cut;
  const node = { name, operations: before, slots: args.slots };
  const operate = openOperations([], { node, index });
  const stage = new DedupStage(index, args);
  return {
    program: operate.program,
    children: [],
    run(frame, selection, pass) {
      if (pass.late !== null) return;
      const kept = operate.run(frame, selection, pass);
      stage.add(kept.frame, kept.selection, pass);
    },
  };
}

function windowBranch(operate: Operate, window: PartialStage): Branch {
  return {
    program: operate.program,
    children: [],
    run(frame, selection, pass) {
      const kept = operate.run(frame, selection, pass);
      window.add(kept.frame, kept.selection, pass);
    },
  };
}

function sinkBranch(node: SinkNode, sink: number, operate: Operate): Branch {
  const slots = node.columns.map(({ slot }) => slot);
  const { envelope = false } = node;
  return {
    program: operate.program,
    children: [],
    run(frame, selection, pass) {
      // Whoever shares the loop has something to tell of a second reading, too.
      if (pass.late !== null && !operate.isShared) return;
      const kept = operate.run(frame, selection, pass);
      if (pass.late !== null || kept.selection.count === 0) return;
      const { table, reading, slice, source, indexes } = pass;
      const rows = kept.selection;
      pass.rows.push({
        sink,
        batch: {
          length: rows.count,
          vectors: gather(kept.frame.vectors, slots, rows),
          origin: {
            kind: 'records',
            source,
            partition: slice.partition,
            offsets: gatherValues(table.offset, rows),
            eventTimes: gatherValues(reading.eventTime, rows),
            ...(envelope ? { timestamps: gatherValues(table.timestamp, rows) } : {}),
            ...(indexes === null ? {} : { indexes: gatherValues(indexes, rows) }),
          },
        },
      });
    },
  };
}
