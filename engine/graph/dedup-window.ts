/** A window below a dedup: partial aggregates made on the main thread. */
import type { Selection } from '../core/batch.ts';
import { partitionsFrom } from '../core/partition-order.ts';
import { openAssigner } from '../core/window/assigner.ts';
import { PartialBuilder } from '../core/window/partial.ts';
import type { WindowAssigner } from '../core/window/window.ts';
import type { PartialTable } from '../../workers/protocol.ts';
import type { Operate } from './dedup-operation.ts';
import type { DedupBranch, DedupPass } from './dedup-pass.ts';
import { placeOf } from './row-place.ts';
import { type Tally, rowCounts } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/**
 * Adds a window's partial table to the pass, as workers do, with global key ids. Late records are
 * all found here: the watermark before each of them is exact, and the frontier cannot move until the
 * table is merged, in the same turn.
 */
export function windowBranch(
  { node, index, keys, store }: WindowRuntime,
  operate: Operate,
  { tally }: { readonly tally: Tally },
): DedupBranch {
  const builder = new PartialBuilder(node);
  const assigner = openAssigner(node.shape);
  return {
    run(frame, selection, pass) {
      const counts = rowCounts(tally.rows, node.name);
      const kept = operate(frame, selection, pass);
      counts.in += selection.count;
      counts.out += kept.selection.count;
      if (kept.selection.count === 0) return;
      const { vectors } = kept.frame;
      const { watermarks, table, source } = pass;
      const partition = partitionsFrom(node.sources, source) + pass.partition;
      const late = builder.add({
        ...{ selection: kept.selection, vectors, watermarks, partition },
        ...{ eventTimes: table.eventTimes, offsets: table.offsets },
        ...(table.indexes && { indexes: table.indexes }),
        keys: keys.idsOf(vectors, kept.selection),
      });
      if (node.late === 'dead_letter') reportLate(late, node.name, pass);
      const partial: PartialTable = { stage: index, ...builder.take() };
      keys.adopt(partial);
      pass.partials.push(partial);
      if (node.late === 'drop') return;
      const idle = { assigner, graceMs: node.graceMs, frontier: store.frontier };
      if (hasIdle(partial, idle)) reportIdle(kept.selection, node.name, { ...idle, pass });
    },
  };
}

/** Late by their own partition (W2). */
function reportLate({ rows, count }: Selection, stage: string, pass: DedupPass): void {
  const { table, newest, wanted } = pass;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const behind = (newest[row] as number) - (table.eventTimes[row] as number);
    const reason = `late: ${String(Math.round(behind / 1000))} s behind the newest record of its partition`;
    wanted.push({ code: 'LATE', reason, stage, ...placeOf(table, row) });
  }
}

/** By what idleness is judged (W4). */
interface Idle {
  readonly assigner: WindowAssigner;
  readonly graceMs: number;
  readonly frontier: number;
}

const windowsOf = (assigner: WindowAssigner, pane: number): number =>
  assigner.lastWindowOf(pane) - assigner.firstWindowOf(pane) + 1;

/** Whether any group of a table is late for nothing but idleness. */
function hasIdle({ length, pane, skip }: PartialTable, idle: Idle): boolean {
  const { assigner, graceMs, frontier } = idle;
  for (let row = 0; row < length; row++) {
    const windows = windowsOf(assigner, pane[row] as number);
    if ((skip[row] as number) === windows) continue;
    if (assigner.skipFor(pane[row] as number, frontier, graceMs) === windows) return true;
  }
  return false;
}

/** Records whose windows only idleness had closed. */
function reportIdle(
  { rows, count }: Selection,
  stage: string,
  { assigner, graceMs, frontier, pass }: Idle & { readonly pass: DedupPass },
): void {
  const { table, watermarks, wanted } = pass;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const pane = assigner.paneOf(table.eventTimes[row] as number);
    const windows = windowsOf(assigner, pane);
    if (assigner.skipFor(pane, watermarks[row] as number, graceMs) === windows) continue;
    if (assigner.skipFor(pane, frontier, graceMs) !== windows) continue;
    const reason = 'late: its windows were closed while its partition was idle';
    wanted.push({ code: 'LATE_IDLE', reason, stage, ...placeOf(table, row) });
  }
}
