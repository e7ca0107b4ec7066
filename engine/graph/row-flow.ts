/**
 * Rows on the main thread: what follows a window. The same kernels as in the workers, over the few
 * rows that windows give.
 *
 *     closed ──▶ after ──▶ stage ──▶ sink: rows, gathered
 *                   ├────────────▶ sink
 *                   ├────────────▶ window over windows: rows with the arguments of its aggregates
 *                   └────────────▶ dedup (row-gates.ts)
 */
import { type Observable, connect, map, merge, mergeMap } from 'rxjs';
import type { Frame, RowBatch, Selection } from '../core/batch.ts';
import { elementIndexes } from '../core/element-index.ts';
import { gather, gatherValues } from '../core/gather.ts';
import { compileOperations } from '../core/operation/compile.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Plan, RecordNode, SinkNode, WindowNode } from '../plan/planner.ts';
import { inputsOf } from '../plan/union.ts';
import { type RowCounts, type Tally, countExploded, rowCounts } from './tally.ts';

/** Rows of a frame on their way, and the window stage they come from. */
export interface Flowing {
  readonly frame: Frame;
  readonly selection: Selection;
  readonly stage: string;
  readonly of: WindowRowsOf;
}

/** Which rows of a window the rows of a frame are of. */
export interface WindowRowsOf {
  /** As the window gave them: group columns, `window_start`, `window_end` first. */
  readonly frame: Frame;
  /** Row of `frame` by row; null where they are the same. */
  readonly rows: Int32Array | null;
  /** Number of each row among those that an explode made of one, by row. */
  readonly indexes: Float64Array | null;
}

/** Rows for one sink. */
export interface SinkRows {
  /** Index in plan.sinks. */
  readonly sink: number;
  readonly batch: RowBatch;
}

/** Rows for a window over windows (W8). */
export interface WindowRows {
  /** Index in plan.stages. */
  readonly window: number;
  readonly rows: Flowing;
}

/** What comes out of the flow of rows. */
export type RowOutput = SinkRows | WindowRows;

/** Whether an output is rows for a sink. */
export const isForSink = (output: RowOutput): output is SinkRows => 'sink' in output;
/** Whether an output is rows for a window. */
export const isForWindow = (output: RowOutput): output is WindowRows => 'window' in output;

/** Told of a row that an expression of a stage or sink failed for. */
export type OnFailed = (name: string, rows: Flowing, row: number, reason: string) => void;

/** What the flow of rows counts and reports to. */
export interface RowContext {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly onFailed: OnFailed;
  /** Hands rows to a dedup; gives those that pass at once. */
  readonly handOver: (dedup: string, rows: Flowing) => Flowing[];
}

/** All rows that reach sinks and windows from the rows of stage `name`. */
export function rowFlow(
  rows$: Observable<Flowing>,
  name: string,
  context: RowContext,
): Observable<RowOutput> {
  // Not `share`: rows that are there at once would come again for every reader, also through dedups.
  return rows$.pipe(connect((shared$) => merge(...readersOf(shared$, name, context))));
}

/** What reads the rows of stage `name`. */
function readersOf(
  shared$: Observable<Flowing>,
  name: string,
  context: RowContext,
): Observable<RowOutput>[] {
  const { plan } = context;
  const stages = plan.stages.flatMap((node, window): Observable<RowOutput>[] => {
    if (!inputsOf(node).includes(name)) return [];
    const aligned$ = shared$.pipe(map(alignerOf(node, name)));
    const cut = node.kind === 'record' ? cutAtDedup(node.operations) : null;
    if (node.kind === 'record' && cut !== null) {
      const { name: dedup } = node;
      const before = { name: dedup, operations: cut.before, slots: cut.args.slots };
      const operate = operator(before, context.tally.rows, context, 'start');
      const handed$ = aligned$.pipe(map(operate));
      const passing$ = handed$.pipe(mergeMap((rows) => context.handOver(dedup, rows)));
      return [behindDedup(passing$, node, context)];
    }
    const operate = operator(node, context.tally.rows, context);
    const operated$ = aligned$.pipe(map(operate));
    if (node.kind === 'record') return [rowFlow(operated$, node.name, context)];
    return [operated$.pipe(map((rows) => ({ window, rows })))];
  });
  const sinks = plan.sinks.flatMap((node, sink) =>
    node.input === name ? [shared$.pipe(toSink(node, sink, context))] : [],
  );
  return [...stages, ...sinks];
}

/** All that reaches sinks and windows from the rows that a dedup has let pass. */
export function behindDedup(
  rows$: Observable<Flowing>,
  { name, operations, slots }: RecordNode,
  context: RowContext,
): Observable<RowOutput> {
  const after = cutAtDedup(operations)?.after ?? [];
  const operate = operator({ name, operations: after, slots }, context.tally.rows, context, 'end');
  return rowFlow(rows$.pipe(map(operate)), name, context);
}

/** Rows of one input with the slots of the union that reads them, if a node is one. */
function alignerOf({ union }: Plan['stages'][number], name: string): (rows: Flowing) => Flowing {
  const slots = union?.find(({ input }) => input === name)?.slots;
  if (slots === undefined) return (rows) => rows;
  return ({ frame: { vectors, length }, ...rows }) => ({
    ...rows,
    frame: { vectors: slots.map((slot) => vectors[slot]), length },
  });
}

/** What follows the closing of a window: expressions over aggregates, `having`. */
export const windowOperator = (
  { name, after, afterSlots }: WindowNode,
  context: RowContext,
): ((rows: Flowing) => Flowing) =>
  operator({ name, operations: after, slots: afterSlots }, context.tally.groups, context);

/**
 * Runs a node's operations over flowing rows and counts them in `family`. Of a part of them its start
 * counts what comes in, its end what goes out.
 */
function operator(
  { name, operations, slots }: Pick<RecordNode, 'name' | 'operations' | 'slots'>,
  family: Map<string, RowCounts>,
  { onFailed }: Pick<RowContext, 'onFailed'>,
  part: 'all' | 'start' | 'end' = 'all',
): (rows: Flowing) => Flowing {
  const countEnds = (into: number, out: number): RowCounts => {
    const counts = rowCounts(family, name);
    if (part !== 'end') counts.in += into;
    if (part !== 'start') counts.out += out;
    return counts;
  };
  if (operations.length === 0) {
    return (rows) => {
      countEnds(rows.selection.count, rows.selection.count);
      return rows;
    };
  }
  const program = compileOperations(name, operations, slots);
  return (rows) => {
    const after = program.run(rows.frame, rows.selection, (row, reason) =>
      onFailed(name, rows, row, reason),
    );
    const counts = countEnds(rows.selection.count, after.selection.count);
    counts.failed += after.failed;
    counts.filtered += after.filtered;
    countExploded(counts, after.exploded);
    const { frame, selection, from } = after;
    return { ...rows, frame, selection, of: from === null ? rows.of : explodedOf(rows.of, from) };
  };
}

const explodedOf = ({ frame, rows, indexes }: WindowRowsOf, from: Int32Array): WindowRowsOf => ({
  frame,
  rows: rows === null ? from : from.map((row) => rows[row] as number),
  indexes: elementIndexes(from, indexes),
});

function toSink(
  node: SinkNode,
  sink: number,
  context: RowContext,
): (rows$: Observable<Flowing>) => Observable<SinkRows> {
  const operate = operator(node, context.tally.sinks, context);
  const slots = node.columns.map(({ slot }) => slot);
  return map((rows) => {
    const { frame, selection, stage, of } = operate(rows);
    const vectors = gather(frame.vectors, slots, selection);
    const indexes = of.indexes === null ? {} : { indexes: gatherValues(of.indexes, selection) };
    const given = node.envelope === true ? { given: givenOf(of, selection) } : {};
    const origin = { kind: 'window', stage, ...indexes, ...given } as const;
    return { sink, batch: { length: selection.count, vectors, origin } };
  });
}

const givenOf = (
  { frame, rows }: WindowRowsOf,
  { rows: selected, count }: Selection,
): { readonly frame: Frame; readonly rows: Int32Array } => ({
  frame,
  rows: selected.slice(0, count).map((row) => rows?.[row] ?? row),
});
