/**
 * A window stage and all that follows it, down to the sinks: row-wise stages, and windows over its
 * rows (W8), each with what follows it in turn.
 *
 *     steps ─┬─▶ rows (provisional ones too) ─▶ after ─┬─▶ stage ─▶ sink
 *            │                                         └─▶ window over windows ─▶ steps ─▶ …
 *            ├─▶ closed ───────────────────────────────────────┘
 *            └─▶ letters ─▶ dead letters
 */
import {
  type Observable,
  Subject,
  connect,
  defer,
  filter,
  map,
  merge,
  mergeMap,
  of,
  tap,
} from 'rxjs';
import type { PartialColumns } from '../core/window/partial.ts';
import { windowAbove } from '../plan/above-window.ts';
import type { WindowNode } from '../plan/planner.ts';
import { type WindowFrame, type WindowStep, frameOf } from './closing.ts';
import type { LateReader } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged } from './merged.ts';
import { toDeadLetters, toSinks } from './outputs.ts';
import type { GraphParts } from './parts.ts';
import {
  type Flowing,
  type RowContext,
  type RowOutput,
  type SinkRows,
  type WindowRows,
  rowFlow,
  windowOperator,
} from './row-flow.ts';
import { openTables, upperFlow } from './upper-window.ts';
import { openTally } from './tally.ts';
import { type WindowRuntime, windowFlow } from './window-flow.ts';
import { windowLetter } from './window-letters.ts';

/** The window stages whose records come from a source, not from windows. */
export const recordWindows = ({ plan, windows }: GraphParts): readonly WindowRuntime[] =>
  windows.filter(({ node }) => windowAbove(plan, node) === null);

/** A window over records: merges, closes, and writes whatever comes of its rows. */
export function windowGraph(
  merged$: Observable<Merged>,
  from: { window: WindowRuntime; late: LateReader; startFrontier: number },
  parts: GraphParts,
): Observable<never> {
  const { window, late, startFrontier } = from;
  const { tally, durable, ledger, ticks$ } = parts;
  const hold$ = ledger.rows.full$;
  const context = { tally, late, durable, hold$, ticks$, startFrontier };
  return afterSteps(windowFlow(merged$, window, context), window, parts);
}

function afterSteps(
  steps$: Observable<WindowStep>,
  window: WindowRuntime,
  parts: GraphParts,
): Observable<never> {
  const { plan, tally } = parts;
  const { node } = window;
  const failed$ = new Subject<LetterBatch>();
  const onFailed = failedRows(node, parts, (letters) => failed$.next(letters));
  const context: RowContext = { plan, tally, onFailed };
  return steps$.pipe(
    connect((step$) => {
      const closed$ = step$.pipe(filter(({ kind }) => kind === 'closed'));
      return merge(
        // Before `closed$`: what has come is taken in, then it closes.
        step$.pipe(
          filter((step) => step.kind === 'rows'),
          map(({ rows }) => flowing(rows, node)),
          map(windowOperator(node, context)),
          (rows$) => rowFlow(rows$, node.name, context),
          tap({ complete: () => failed$.complete() }),
          connect((output$) =>
            merge(
              output$.pipe(filter(isForSink), toSinks(parts)),
              ...windowsOver(node, parts).map((upper) =>
                upperGraph(output$, closed$, { upper, above: window, parts }),
              ),
            ),
          ),
        ),
        step$.pipe(
          filter((step) => step.kind === 'provisional'),
          map(({ rows }) => flowing(rows, node)),
          provisionalTo(node, parts),
        ),
        merge(
          failed$,
          step$.pipe(
            filter((step) => step.kind === 'letters'),
            map(({ letters }) => letters),
          ),
        ).pipe(toDeadLetters(parts)),
      );
    }),
  );
}

function upperGraph(
  output$: Observable<RowOutput>,
  closed$: Observable<WindowStep>,
  at: { upper: WindowRuntime; above: WindowRuntime; parts: GraphParts },
): Observable<never> {
  const { upper, above, parts } = at;
  const rows$ = output$.pipe(
    filter(isForWindow),
    filter(({ window }) => window === upper.index),
    map(({ rows }) => rows),
  );
  const { tally, ledger, ticks$ } = parts;
  const context = { above, tally, hold$: ledger.rows.full$, ticks$ };
  return afterSteps(upperFlow(rows$, closed$, upper, context), upper, parts);
}

/** Rows that a final one will replace (W5): whoever closes their windows counts and reports. */
const provisionalTo =
  (node: WindowNode, parts: GraphParts) =>
  (rows$: Observable<Flowing>): Observable<never> => {
    const tally = openTally();
    const context: RowContext = { plan: parts.plan, tally, onFailed: () => undefined };
    return rowFlow(rows$.pipe(map(windowOperator(node, context))), node.name, context).pipe(
      filter(isForSink),
      toSinks({ ...parts, tally }),
    );
  };

const isForSink = (output: RowOutput): output is SinkRows => 'sink' in output;
const isForWindow = (output: RowOutput): output is WindowRows => 'window' in output;

const windowsOver = ({ name }: WindowNode, { plan, windows }: GraphParts): WindowRuntime[] =>
  windows.filter(({ node }) => windowAbove(plan, node)?.name === name);

/** Sinks for which a provisional row is replaced by the final one. */
const UPSERT_KINDS = new Set(['cassandra', 'sqlite']);

/**
 * Writes the windows that are still open as they are now, to sinks where a later row replaces them
 * (R7); those over windows as if these closed now. Nothing of it is kept in the state.
 */
export function provisionalRows(parts: GraphParts): Observable<never> {
  const { sinks } = parts.plan;
  return merge(...recordWindows(parts).map((window) => provisionalOf(window, [], parts))).pipe(
    filter(({ sink }) => UPSERT_KINDS.has(sinks[sink]?.connector.kind ?? '')),
    toSinks(parts),
  );
}

/** `more` is taken in first, without being kept. */
function provisionalOf(
  { node, store, keys }: WindowRuntime,
  more: readonly PartialColumns[],
  parts: GraphParts,
): Observable<SinkRows> {
  const { plan, windows } = parts;
  // Whoever closes these windows counts them, and reports what fails in them.
  const context: RowContext = { plan, tally: openTally(), onFailed: () => undefined };
  return defer(() => of(flowing(frameOf(store.openProvisional(more), keys), node))).pipe(
    map(windowOperator(node, context)),
    (rows$) => rowFlow(rows$, node.name, context),
    mergeMap((output) => {
      if (isForSink(output)) return of(output);
      const upper = windows.filter(({ index }) => index === output.window);
      return merge(
        ...upper.map((each) => {
          const table = openTables(each, { node })(output.rows);
          return provisionalOf(each, [table], parts);
        }),
      );
    }),
  );
}

/** What becomes of rows behind a window that an expression fails on: letters, unless they are skipped. */
const failedRows =
  (
    node: WindowNode,
    { plan, tally }: Pick<GraphParts, 'plan' | 'tally'>,
    give: (letters: LetterBatch) => void,
  ): RowContext['onFailed'] =>
  (stage, { frame }, row, reason) => {
    if (plan.errors.expression === 'skip') tally.skipped++;
    else give({ letters: [windowLetter({ node, stage, frame, row }, reason)], isCounted: false });
  };

/** All rows of closed windows. */
function flowing({ length, vectors }: WindowFrame, node: WindowNode): Flowing {
  const rows = Int32Array.from({ length }, (_, row) => row);
  return {
    frame: { length, vectors: [...vectors] },
    selection: { rows, count: length },
    stage: node.name,
  };
}
