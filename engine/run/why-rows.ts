/**
 * Which rows of windows reach a window over them (W8), by the graph itself: one replay of the logs,
 * with a probe before the window and one behind it.
 */
import { type Cell, type RowBatch, cellOf } from '../core/batch.ts';
import { invariant } from '../errors.ts';
import type { Plan, SinkNode, WindowNode } from '../plan/planner.ts';
import { replayLogs } from './log-replay.ts';
import type { SourceLogs } from './log-scan.ts';
import { REACHING_ROWS, SINK_ROWS, rowProbes } from './why-probes.ts';
import { type Wanted, isOfGroup, openWanted } from './why-wanted.ts';
import { type AskedWindow, windowAt } from './why-window.ts';

/** A row as its window gave it. */
export interface GivenRow {
  readonly window: AskedWindow;
  readonly keys: readonly Cell[];
}

/** A row that reaches one of those that are looked for. */
export interface ReachingRow {
  /** Index of the row that is looked for. */
  readonly wanted: number;
  readonly row: GivenRow;
  readonly eventTime: number;
}

/** What a replay tells. */
export interface ReplayedRows {
  /** In the order in which they come; exploded ones once for each element. */
  readonly reaching: readonly ReachingRow[];
  /** Rows of the sink that are of the (only) row that is looked for. */
  readonly given: readonly (readonly Cell[])[];
}

/**
 * Finds what reaches rows of a window over windows, and the rows of a sink below it. `sink`: null
 * where these are not asked for.
 */
export async function rowsBeneath(
  plan: Plan,
  { node, sink, wanted }: { node: WindowNode; sink: SinkNode | null; wanted: readonly Wanted[] },
  logs: SourceLogs,
): Promise<ReplayedRows> {
  const find = openWanted(wanted, node.keys);
  const reaching: ReachingRow[] = [];
  const given: Cell[][] = [];
  const reached = wanted.map(() => 0);
  const isCounted = (at: number): boolean => {
    const counted = wanted[at]?.window?.counted;
    if (counted === undefined) return true;
    return Math.floor((reached[at] as number)++ / counted.size) === counted.index;
  };
  await replayLogs(rowProbes(plan, node, sink), logs, (probe, batch) => {
    for (let row = 0; row < batch.length; row++) {
      const { node: by, keys, bounds } = givenRow(batch, row, plan);
      if (probe === REACHING_ROWS) {
        const eventTime = bounds[1] - 1;
        const found = find(batch.vectors, row, eventTime).filter(isCounted);
        const one = { window: windowAt(by, ...bounds), keys };
        for (const at of found) reaching.push({ wanted: at, row: one, eventTime });
      } else if (probe === SINK_ROWS && wanted[0] !== undefined && isOf(wanted[0], keys, bounds)) {
        given.push(batch.vectors.map((vector) => cellOf(vector, row)));
      }
    }
  });
  return { reaching, given };
}

/** Of two slots behind the keys: the window's start and end, or its partition and number (W7). */
type Bounds = readonly [number, number];

function isOf(wanted: Wanted, keys: readonly Cell[], [first, second]: Bounds): boolean {
  const { window } = wanted;
  if (window === null || !isOfGroup(wanted, window.node.keys, keys)) return false;
  const { counted } = window;
  if (counted !== undefined) return counted.partition === first && counted.index === second;
  return window.start === first || window.node.shape.kind === 'whole';
}

/** The row of a window that a row on its way is of. */
function givenRow(
  { origin }: RowBatch,
  row: number,
  { stages }: Plan,
): { readonly node: WindowNode; readonly keys: readonly Cell[]; readonly bounds: Bounds } {
  const node = stages.find(({ name }) => origin.kind === 'window' && name === origin.stage);
  invariant(
    origin.kind === 'window' && origin.given !== undefined && node?.kind === 'window',
    'a row of a window comes without what the window gave',
  );
  const { frame, rows } = origin.given;
  const at = rows[row] as number;
  const cells = frame.vectors
    .slice(0, node.keys.length + 2)
    .map((vector) => (vector === undefined ? null : cellOf(vector, at)));
  const [first, second] = cells.slice(-2).map(Number) as [number, number];
  return { node, keys: cells.slice(0, -2), bounds: [first, second] };
}
