/**
 * The window stages and all that follows them, down to the sinks: row-wise stages, and windows over
 * their rows (W8), each with what follows it in turn.
 *
 *     merged ─▶ steps ─┬─▶ rows (provisional ones too) ─▶ after ─┬─▶ stage ─▶ sink
 *                      │                                         └─▶ told ─▶ window over windows
 *                      ├─▶ closed ─────────────────────────────────────┘
 *                      └─▶ letters ─▶ dead letters
 */
import {
  EMPTY,
  type Observable,
  Subject,
  concat,
  connect,
  defer,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  of,
  tap,
} from 'rxjs';
import { StageClock } from '../core/time/stage-clock.ts';
import type { PartialColumns } from '../core/window/partial.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
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
import { type Told, openTables, upperFlow } from './upper-window.ts';
import { openTally } from './tally.ts';
import { type WindowRuntime, windowFlow } from './window-flow.ts';
import { windowLetter } from './window-letters.ts';

/** What each window tells those over its rows, by its name. */
type Telling = ReadonlyMap<string, Subject<Told>>;

/**
 * All windows of a plan over what its sources give: merges, closes, and writes whatever comes of
 * their rows. Windows over windows come first: they listen before those above them say anything.
 */
export function windowGraphs(
  merged$: Observable<Merged>,
  late: (source: string) => LateReader,
  parts: GraphParts,
): Observable<never> {
  const telling: Telling = new Map(
    parts.windows.map(({ node }) => [node.name, new Subject<Told>()]),
  );
  return merge(
    ...parts.windows.toReversed().map((window) => {
      const above = windowsOver(window, parts);
      const steps$ =
        above.length === 0
          ? recordSteps(merged$, window, { late, parts })
          : upperSteps(telling, window, { above, parts });
      return afterSteps(steps$, window, { telling, parts });
    }),
  );
}

/** A window over records, of the sources that feed it. */
function recordSteps(
  merged$: Observable<Merged>,
  window: WindowRuntime,
  { late, parts }: { late: (source: string) => LateReader; parts: GraphParts },
): Observable<WindowStep> {
  const { plan, sources, tally, durable, ledger, ticks$ } = parts;
  const names = new Set(sourcesAbove(plan, window.node));
  const feeding = sources.filter(({ node }) => names.has(node.name));
  const clock = new StageClock(feeding.map(({ node, clock: own }) => [node.name, own.times()]));
  const hold$ = ledger.rows.full$;
  return windowFlow(merged$.pipe(filter(({ source }) => names.has(source))), window, {
    ...{ tally, late, durable, hold$, ticks$, clock },
  });
}

/** A window over the rows of windows. */
function upperSteps(
  telling: Telling,
  window: WindowRuntime,
  { above, parts }: { above: readonly WindowRuntime[]; parts: GraphParts },
): Observable<WindowStep> {
  const { tally, ledger, ticks$ } = parts;
  const told$ = merge(
    ...above.map(({ node }): Observable<Told> => telling.get(node.name) ?? EMPTY),
  );
  return told$.pipe(
    connect((shared$) =>
      upperFlow(shared$, window, { above, tally, hold$: ledger.rows.full$, ticks$ }),
    ),
  );
}

/** The windows whose rows a window is over, by name; none for one over records. */
const windowsOver = ({ node }: WindowRuntime, { plan, windows }: GraphParts): WindowRuntime[] =>
  windowsAbove(plan, node).flatMap(({ name }) => windows.filter((each) => each.node.name === name));

function afterSteps(
  steps$: Observable<WindowStep>,
  { node }: WindowRuntime,
  { telling, parts }: { telling: Telling; parts: GraphParts },
): Observable<never> {
  const { plan, tally } = parts;
  const told$ = telling.get(node.name);
  const failed$ = new Subject<LetterBatch>();
  const onFailed = failedRows(node, parts, (letters) => failed$.next(letters));
  const context: RowContext = { plan, tally, onFailed };
  return steps$.pipe(
    connect((step$) =>
      merge(
        step$.pipe(
          filter((step) => step.kind === 'rows'),
          map(({ rows }) => flowing(rows, node)),
          map(windowOperator(node, context)),
          (rows$) => rowFlow(rows$, node.name, context),
          tap({ complete: () => failed$.complete() }),
          connect((output$) =>
            merge(
              output$.pipe(filter(isForSink), toSinks(parts)),
              output$.pipe(filter(isForWindow), sayTo(told$)),
            ),
          ),
        ),
        // After the rows: what has come is taken in, then it closes.
        step$.pipe(
          filter((step) => step.kind === 'closed'),
          sayTo(told$),
          finalize(() => told$?.complete()),
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
      ),
    ),
  );
}

const sayTo =
  (told$: Subject<Told> | undefined) =>
  (said$: Observable<Told>): Observable<never> =>
    said$.pipe(
      mergeMap((said) => {
        told$?.next(said);
        return EMPTY;
      }),
    );

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

/** Sinks for which a provisional row is replaced by the final one. */
const UPSERT_KINDS = new Set(['cassandra', 'sqlite']);

/**
 * Writes the windows that are still open as they are now, to sinks where a later row replaces them
 * (R7); those over windows as if these closed now. Nothing of it is kept in the state.
 */
export function provisionalRows(parts: GraphParts): Observable<never> {
  const { sinks } = parts.plan;
  return defer(() => {
    const coming = new Map<number, PartialColumns[]>();
    return concat(...parts.windows.map((window) => provisionalOf(window, coming, parts)));
  }).pipe(
    filter(({ sink }) => UPSERT_KINDS.has(sinks[sink]?.connector.kind ?? '')),
    toSinks(parts),
  );
}

/**
 * Rows of one window for sinks; those for windows over it are added to what is `coming` to these,
 * which take it in without keeping it.
 */
function provisionalOf(
  { node, index, store, keys }: WindowRuntime,
  coming: Map<number, PartialColumns[]>,
  parts: GraphParts,
): Observable<SinkRows> {
  const { plan, windows } = parts;
  // Whoever closes these windows counts them, and reports what fails in them.
  const context: RowContext = { plan, tally: openTally(), onFailed: () => undefined };
  const open = (): WindowFrame => frameOf(store.openProvisional(coming.get(index)), keys);
  return defer(() => of(flowing(open(), node))).pipe(
    map(windowOperator(node, context)),
    (rows$) => rowFlow(rows$, node.name, context),
    mergeMap((output) => {
      if (isForSink(output)) return of(output);
      for (const upper of windows.filter((each) => each.index === output.window)) {
        const table = openTables(upper, windowsOver(upper, parts))(output.rows);
        coming.set(upper.index, [...(coming.get(upper.index) ?? []), table]);
      }
      return EMPTY;
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
  (stage, { of: { frame, rows } }, row, reason) => {
    if (plan.errors.expression === 'skip') {
      tally.skipped++;
      return;
    }
    const at = { node, stage, frame, row: rows?.[row] ?? row };
    give({ letters: [windowLetter(at, reason)], isCounted: false });
  };

/** All rows of closed windows. */
function flowing({ length, vectors }: WindowFrame, node: WindowNode): Flowing {
  const rows = Int32Array.from({ length }, (_, row) => row);
  const frame = { length, vectors: [...vectors] };
  return {
    frame,
    selection: { rows, count: length },
    stage: node.name,
    of: { frame, rows: null, indexes: null },
  };
}
