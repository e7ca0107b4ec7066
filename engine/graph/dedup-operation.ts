/** Operations behind a dedup: what they filter is counted, what they fail on becomes letters. */
import type { Frame, Selection } from '../core/batch.ts';
import { elementIndex } from '../core/element-index.ts';
import { type OperatedRows, compileOperations } from '../core/operation/compile.ts';
import type { Plan, RecordNode } from '../plan/planner.ts';
import type { DedupPass } from './dedup-pass.ts';
import { placeOf } from './row-place.ts';
import {
  type RowCounts,
  type Tally,
  countExploded,
  countLetters,
  partitionCounts,
  rowCounts,
} from './tally.ts';

/** Runs operations over the rows of a pass. */
export type Operate = (
  frame: Frame,
  selection: Selection,
  pass: DedupPass,
) => Pick<OperatedRows, 'frame' | 'selection' | 'from'>;

/** Opens the operations of a node; `family` is the part of the tally that it is counted in. */
export function openOperations(
  { name, operations, slots }: Pick<RecordNode, 'name' | 'operations' | 'slots'>,
  family: Map<string, RowCounts>,
  { plan, tally }: { readonly plan: Plan; readonly tally: Tally },
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
