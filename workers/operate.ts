/** The operations of a node, or of several in one loop, with what they did in the counts of a pass. */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { elementIndex } from '../engine/core/element-index.ts';
import { compileChain } from '../engine/core/operation/chain.ts';
import { compileOperations } from '../engine/core/operation/compile.ts';
import { COUNTS_PER_STAGE } from '../engine/core/stage-counts.ts';
import type { RecordNode, SinkNode, WindowNode } from '../engine/plan/planner.ts';
import type { Pass } from './branch.ts';
import type { Kept } from './exploded.ts';

/** A node and where its counts are. */
export interface Counted {
  readonly node: Pick<RecordNode | WindowNode | SinkNode, 'name' | 'operations' | 'slots'>;
  /** Index among all stages, then all sinks. */
  readonly index: number;
  /** Sinks get nothing from a second reading for late records, and count nothing. */
  readonly isSink?: true;
}

/** What runs over the rows that reach a node. */
export interface Operate {
  /** The generated code; null where there is none. */
  readonly program: { readonly source: string } | null;
  /** True where other nodes share the loop. */
  readonly isShared: boolean;
  run(frame: Frame, selection: Selection, pass: Pass): Kept;
}

/** Opens the operations of a node behind those that share its loop. */
export const openOperations = (above: readonly Counted[], last: Counted): Operate =>
  above.length === 0 ? ofNode(last) : ofChain([...above, last]);

function ofNode({ node, index }: Counted): Operate {
  const { name, operations, slots } = node;
  const program = operations.length === 0 ? null : compileOperations(name, operations, slots);
  return {
    program,
    isShared: false,
    run(frame, selection, pass) {
      const into = selection.count;
      if (program === null) {
        count(pass, index, { into, filtered: 0, failed: 0, out: into, exploded: 0 });
        return { frame, selection, from: null };
      }
      const kept = program.run(frame, selection, (row, reason, element) => {
        const outer = pass.indexes?.[row];
        const index = element === null ? outer : elementIndex(outer ?? null, element);
        pass.letters.add('EXPRESSION', reason, row, { stage: name, index });
      });
      count(pass, index, { ...kept, into, out: kept.selection.count });
      return kept;
    },
  };
}

function ofChain(chain: readonly Counted[]): Operate {
  const { slots } = (chain.at(-1) as Counted).node;
  const program = compileChain(
    chain.map(({ node }) => node),
    slots,
  );
  return {
    program,
    isShared: true,
    run(given, rows, pass) {
      const isPassedBy = (stage: number): boolean =>
        pass.late !== null && chain[stage]?.isSink === true;
      const { frame, selection, stages } = program.run(given, rows, (stage, row, reason) => {
        if (isPassedBy(stage)) return;
        const { name } = (chain[stage] as Counted).node;
        pass.letters.add('EXPRESSION', reason, row, { stage: name, index: pass.indexes?.[row] });
      });
      stages.forEach((of, stage) => {
        if (isPassedBy(stage)) return;
        count(pass, (chain[stage] as Counted).index, { ...of, exploded: 0 });
      });
      return { frame, selection, from: null };
    },
  };
}

/** What a node did with rows: in + exploded = filtered + failed + out (L1). */
type Counts = Readonly<Record<'into' | 'filtered' | 'failed' | 'out' | 'exploded', number>>;

function count({ counts }: Pass, index: number, of: Counts): void {
  const { into, filtered, failed, out, exploded } = of;
  [into, filtered, failed, out, exploded].forEach((number, i) => {
    const at = index * COUNTS_PER_STAGE + i;
    counts[at] = (counts[at] as number) + number;
  });
}
