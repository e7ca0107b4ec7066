/**
 * The stages of a source that run in the worker, as a tree of branches: row-wise stages, and at the
 * leaves windows (partial aggregation), sinks (rows to be written) and dedups (what follows them runs
 * on the main thread).
 */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { type CompiledOperations, compileOperations } from '../engine/core/operation/compile.ts';
import { type CutOperations, cutAtDedup } from '../engine/core/operation/dedup.ts';
import { elementIndex } from '../engine/core/element-index.ts';
import { gather, gatherValues } from '../engine/core/gather.ts';
import { COUNTS_PER_STAGE } from '../engine/core/stage-counts.ts';
import type {
  Plan,
  RecordNode,
  SinkNode,
  SourceNode,
  UnionInput,
  WindowNode,
} from '../engine/plan/planner.ts';
import { DedupStage } from './dedup.ts';
import { type Kept, explodedPass } from './exploded.ts';
import type { Letters } from './letters.ts';
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

/** One stage with what follows it. */
export interface Branch {
  /** The stage's operations; null where it has none. */
  readonly program: CompiledOperations | null;
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
  const stageBranch = (node: RecordNode | WindowNode, index: number): Branch => {
    if (node.kind === 'record') {
      const cut = cutAtDedup(node.operations);
      if (cut !== null) return dedupBranch(node, index, cut);
      return recordBranch(node, index, below(node.name));
    }
    const stageOf = (name = ''): PartialStage | null =>
      windows.find(({ stage }) => plan.stages[stage]?.name === name) ?? null;
    const before = { keys: stageOf(node.keysOf), panes: stageOf(node.panesOf) };
    const window = new PartialStage(plan, index, source, before);
    windows.push(window);
    return windowBranch(node, window);
  };
  const below = (input: string): Branch[] => [
    ...plan.stages.flatMap((node, index) => {
      if (node.union === undefined) return node.input === input ? [branchOf(node, index)] : [];
      const at = node.union.findIndex((each) => each.input === input);
      return at < 0 ? [] : [inputBranch(node.union, at, branchOf(node, index))];
    }),
    ...plan.sinks.flatMap((node, index) =>
      node.input === input ? [sinkBranch(node, index, plan.stages.length + index)] : [],
    ),
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
      const { indexes } = pass;
      // A record may come by several inputs: rows of it have ids of their own (R6).
      const own = new Float64Array(length);
      for (let row = 0; row < length; row++) {
        own[row] = (indexes === null ? 0 : (indexes[row] as number)) * union.length + at;
      }
      branch.run(aligned, selection, { ...pass, indexes: own });
    },
  };
}

function recordBranch(node: RecordNode, index: number, children: Branch[]): Branch {
  const operate = operations(node, index);
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
  const operate = operations({ name, operations: before, slots: args.slots }, index);
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

function windowBranch(node: WindowNode, window: PartialStage): Branch {
  const operate = operations(node, window.stage);
  return {
    program: operate.program,
    children: [],
    run(frame, selection, pass) {
      const kept = operate.run(frame, selection, pass);
      window.add(kept.frame, kept.selection, pass);
    },
  };
}

function sinkBranch(node: SinkNode, sink: number, index: number): Branch {
  const operate = operations(node, index);
  const slots = node.columns.map(({ slot }) => slot);
  const { envelope = false } = node;
  return {
    program: operate.program,
    children: [],
    run(frame, selection, pass) {
      if (pass.late !== null) return;
      const kept = operate.run(frame, selection, pass);
      if (kept.selection.count === 0) return;
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

interface Operate {
  readonly program: CompiledOperations | null;
  run(frame: Frame, selection: Selection, pass: Pass): Kept;
}

/** Runs a node's operations and counts what they did under `index` of the pass's counts. */
function operations(
  node: Pick<RecordNode | WindowNode | SinkNode, 'name' | 'operations' | 'slots'>,
  index: number,
): Operate {
  const program =
    node.operations.length === 0 ? null : compileOperations(node.name, node.operations, node.slots);
  const at = index * COUNTS_PER_STAGE;
  return {
    program,
    run(frame, selection, pass) {
      let kept: Kept & { readonly exploded: number } = {
        frame,
        selection,
        from: null,
        exploded: 0,
      };
      let failed = 0;
      if (program !== null) {
        kept = program.run(frame, selection, (row, reason, element) => {
          failed++;
          const outer = pass.indexes?.[row];
          const index = element === null ? outer : elementIndex(outer ?? null, element);
          pass.letters.add('EXPRESSION', reason, row, { stage: node.name, index });
        });
      }
      const counts = pass.counts;
      const into = selection.count;
      const out = kept.selection.count;
      counts[at] = (counts[at] as number) + into;
      counts[at + 1] = (counts[at + 1] as number) + (into + kept.exploded - out - failed);
      counts[at + 2] = (counts[at + 2] as number) + failed;
      counts[at + 3] = (counts[at + 3] as number) + out;
      counts[at + 4] = (counts[at + 4] as number) + kept.exploded;
      return kept;
    },
  };
}
