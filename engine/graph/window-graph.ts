/**
 * The window stages and all that follows them, down to the sinks: row-wise stages, and windows over
 * their rows (W8), each with what follows it in turn.
 *
 *     merged ─▶ steps ─┬─▶ rows (provisional ones too) ─▶ after ─┬─▶ stage ─▶ sink
 *                      │                                         └─▶ told ─▶ window over windows, dedup
 *                      ├─▶ closed ─────────────────────────────────────┘
 *                      └─▶ letters ─▶ dead letters
 */
import {
  EMPTY,
  type Observable,
  type OperatorFunction,
  Subject,
  concat,
  connect,
  defer,
  filter,
  finalize,
  from,
  map,
  merge,
  mergeMap,
  of,
  tap,
} from 'rxjs';
import { StageClock } from '../core/time/stage-clock.ts';
import type { PartialColumns } from '../core/window/partial.ts';
import { sourcesAbove, stagesAbove, windowsAbove } from '../plan/above.ts';
import { invariant } from '../errors.ts';
import type { WindowNode } from '../plan/planner.ts';
import { type WindowFrame, type WindowStep, frameOf } from './closing.ts';
import type { JointDedups } from './joint-flow.ts';
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
  behindDedup,
  isForSink,
  isForWindow,
  rowFlow,
  windowOperator,
} from './row-flow.ts';
import { type RowGate, openRowGates, rowGateFlow } from './row-gates.ts';
import { type Telling, type Told, openTables, upperFlow } from './upper-window.ts';
import { openTally } from './tally.ts';
import { type WindowRuntime, windowFlow } from './window-flow.ts';
import { failedRows } from './window-letters.ts';

/** What windows over records need besides these. */
interface WindowSurroundings extends Pick<JointDedups, 'heldFrom'> {
  readonly parts: GraphParts;
  /** Tells late records of a source, by its name. */
  readonly late: (source: string) => LateReader;
}

/**
 * All windows of a plan over what its sources give: merges, closes, and writes whatever comes of
 * their rows. Windows over windows come first: they listen before those above them say anything.
 */
export function windowGraphs(
  merged$: Observable<Merged>,
  around: WindowSurroundings,
): Observable<never> {
  const { parts } = around;
  const telling: Telling = new Map(
    parts.windows.map(({ node }) => [node.name, new Subject<Told>()]),
  );
  const gates = openRowGates(parts);
  const handOver = handingTo(gates, (gate, rows) => {
    gate.take(rows);
    return [];
  });
  return merge(
    // Dedups first of all: what they let pass must have come when windows over it close.
    ...gates.map((gate) => rowGateFlow(gate, { telling, parts, handOver })),
    ...parts.windows.toReversed().map((window) => {
      const above = windowsOver(window, parts);
      const steps$ =
        above.length === 0
          ? recordSteps(merged$, window, around)
          : upperSteps(telling, window, { above, parts });
      return afterSteps(steps$, window, { telling, parts, handOver });
    }),
  );
}

/** Hands rows to the dedup of a name. */
const handingTo =
  (gates: readonly RowGate[], give: (gate: RowGate, rows: Flowing) => Flowing[]) =>
  (name: string, rows: Flowing): Flowing[] => {
    const gate = gates.find(({ node }) => node.name === name);
    invariant(gate !== undefined, `no dedup ${name}`);
    return give(gate, rows);
  };

/** A window over records, of the sources that feed it. */
function recordSteps(
  merged$: Observable<Merged>,
  window: WindowRuntime,
  { late, parts, heldFrom }: WindowSurroundings,
): Observable<WindowStep> {
  const { plan, sources, tally, durable, ledger, ticks$ } = parts;
  const above = stagesAbove(plan, window.node);
  const names = new Set(sourcesAbove(plan, window.node));
  const feeding = sources.filter(({ node }) => names.has(node.name));
  const clock = new StageClock(feeding.map(({ node, clock: own }) => [node.name, own.times()]));
  const hold$ = ledger.rows.full$;
  return windowFlow(merged$.pipe(filter(({ source }) => names.has(source))), window, {
    ...{ tally, late, durable, hold$, ticks$, clock },
    heldFrom: () => heldFrom(above),
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

type Handing = Pick<RowContext, 'handOver'>;

function afterSteps(
  steps$: Observable<WindowStep>,
  { node }: WindowRuntime,
  { telling, parts, handOver }: { telling: Telling; parts: GraphParts } & Handing,
): Observable<never> {
  const { plan, tally } = parts;
  const told$ = telling.get(node.name);
  const failed$ = new Subject<LetterBatch>();
  const onFailed = failedRows(parts, (letters) => failed$.next(letters));
  const context: RowContext = { plan, tally, onFailed, handOver };
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
    const context = unreported(parts.plan, tally, () => []);
    return rowFlow(rows$.pipe(map(windowOperator(node, context))), node.name, context).pipe(
      filter(isForSink),
      toSinks({ ...parts, tally }),
    );
  };

/** The flow of rows that are not final: whoever closes their windows counts and reports. */
const unreported = (
  plan: GraphParts['plan'],
  tally: RowContext['tally'],
  handOver: RowContext['handOver'],
): RowContext => ({ plan, tally, onFailed: () => undefined, handOver });

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
    const tally = openTally();
    const gates = openRowGates(parts).map((gate) => ({ gate, preview: gate.preview(tally) }));
    const handOver = (name: string, rows: Flowing): Flowing[] =>
      gates.find(({ gate }) => gate.node.name === name)?.preview.pass(rows) ?? [];
    const context = unreported(parts.plan, tally, handOver);
    const to = { coming, context, parts };
    return concat(
      ...gates.map(({ gate, preview }) =>
        behindDedup(from(preview.waiting), gate.node, context).pipe(provisionalSinks(to)),
      ),
      ...parts.windows.map((window) => provisionalOf(window, to)),
    );
  }).pipe(
    filter(({ sink }) => UPSERT_KINDS.has(sinks[sink]?.connector.kind ?? '')),
    toSinks(parts),
  );
}

/** Where rows that are not final go. */
interface ProvisionalWay {
  /** Tables for windows over windows. */
  readonly coming: Map<number, PartialColumns[]>;
  readonly context: RowContext;
  readonly parts: GraphParts;
}

/** Rows of one window for sinks, as if it closed now. */
function provisionalOf(
  { node, index, store, keys }: WindowRuntime,
  way: ProvisionalWay,
): Observable<SinkRows> {
  const { coming, context } = way;
  const open = (): WindowFrame => frameOf(store.openProvisional(coming.get(index)), keys);
  return defer(() => of(flowing(open(), node))).pipe(
    map(windowOperator(node, context)),
    (rows$) => rowFlow(rows$, node.name, context),
    provisionalSinks(way),
  );
}

/**
 * Rows for sinks; those for windows are added to what is `coming` to these, which take it in without
 * keeping it.
 */
const provisionalSinks = ({
  coming,
  parts,
}: ProvisionalWay): OperatorFunction<RowOutput, SinkRows> =>
  mergeMap((output) => {
    if (isForSink(output)) return of(output);
    for (const upper of parts.windows.filter((each) => each.index === output.window)) {
      const table = openTables(upper, windowsOver(upper, parts))(output.rows);
      coming.set(upper.index, [...(coming.get(upper.index) ?? []), table]);
    }
    return EMPTY;
  });

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
