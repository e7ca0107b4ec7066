/**
 * Dedups of rows of windows (O2), on the main thread. Each window is a log in the order of (window_end,
 * key), and a dedup behind several takes their rows in one order: by window_end, then by the window's
 * name. So rows wait until all windows above are closed up to them, behind one window not at all: a
 * window says that it has closed in the turn in which its rows have come.
 *
 *     rows of the windows above ──▶ waiting
 *     how far all are closed ──────────▶ taken in order ─▶ the first of each key ─▶ what follows
 */
import {
  EMPTY,
  type Observable,
  Subject,
  connect,
  filter,
  finalize,
  merge,
  mergeMap,
  tap,
} from 'rxjs';
import { cutAtDedup } from '../core/operation/dedup.ts';
import { invariant } from '../errors.ts';
import { windowsAbove } from '../plan/above.ts';
import type { RecordNode } from '../plan/planner.ts';
import { DedupState } from './dedup-state.ts';
import { openRowTables, passingOf, rowsIn } from './gated-rows.ts';
import type { LetterBatch } from './letter-batch.ts';
import { toDeadLetters, toSinks } from './outputs.ts';
import type { GraphParts } from './parts.ts';
import { type Flowing, type RowContext, behindDedup, isForSink, isForWindow } from './row-flow.ts';
import { type Tally, count } from './tally.ts';
import type { Telling, Told } from './upper-window.ts';
import type { WindowRuntime } from './window-flow.ts';
import { failedRows } from './window-letters.ts';

/** A dedup of rows of windows. */
export interface RowGate {
  readonly node: RecordNode;
  /** The windows whose rows it takes. */
  readonly above: readonly WindowRuntime[];
  /** Takes rows; they wait. */
  take(rows: Flowing): void;
  /** What passes of the rows that all windows above are closed up to. */
  release(): Flowing[];
  /** What would pass now of rows that are not final, and of all that wait; nothing is kept (R7). */
  preview(tally: Tally): { readonly waiting: Flowing[]; pass(rows: Flowing): Flowing[] };
}

/** The dedups of rows of windows, in the order of the data. */
export function openRowGates({ plan, dedups, windows, tally }: GraphParts): RowGate[] {
  return dedups.flatMap(({ node, sources, state, waiting }): RowGate[] => {
    if (sources.length > 0) return [];
    const nodes = windowsAbove(plan, node);
    const above = windows.filter((each) => nodes.includes(each.node));
    const tableOf = openRowTables(node, nodes);
    return [
      {
        node,
        above,
        take(rows) {
          waiting.add(tableOf(rows));
          count(tally.waiting, node.name, rows.selection.count);
        },
        release() {
          const reached = Math.min(...above.map(({ store }) => store.outputWatermark));
          const runs = waiting.take(() => reached);
          count(tally.waiting, node.name, -rowsIn(runs));
          return passingOf(runs, { node, state, tally });
        },
        preview(counted) {
          const copy = copyOf(node, state);
          const deciding = { node, state: copy, tally: counted };
          return {
            waiting: passingOf(waiting.runs(), deciding),
            pass: (rows) => {
              const table = tableOf(rows);
              return passingOf([{ table, from: 0, to: table.length }], deciding);
            },
          };
        },
      },
    ];
  });
}

function copyOf({ operations }: RecordNode, state: DedupState): DedupState {
  const cut = cutAtDedup(operations);
  invariant(cut !== null, 'a dedup without a dedup');
  const copy = new DedupState(cut.args, 0);
  copy.restore(state.snapshot());
  return copy;
}

/** Lets pass what waits whenever a window above has closed further. */
export function rowGateFlow(
  gate: RowGate,
  {
    telling,
    parts,
    handOver,
  }: { telling: Telling; parts: GraphParts } & Pick<RowContext, 'handOver'>,
): Observable<never> {
  const { plan, tally } = parts;
  const failed$ = new Subject<LetterBatch>();
  const onFailed = failedRows(parts, (letters) => failed$.next(letters));
  // A window over the rows listens to all windows above, those that have ended say nothing any more.
  let speaking$: Subject<Told> | undefined;
  const closed$ = merge(
    ...gate.above.map(({ node }) => {
      const told$ = telling.get(node.name);
      invariant(told$ !== undefined, `nobody tells of ${node.name}`);
      return told$.pipe(
        filter((told) => 'kind' in told),
        tap(() => {
          speaking$ = told$;
        }),
      );
    }),
  );
  const passing$ = closed$.pipe(mergeMap(() => gate.release()));
  const output$ = behindDedup(passing$, gate.node, { plan, tally, onFailed, handOver });
  return merge(
    output$.pipe(
      finalize(() => failed$.complete()),
      connect((shared$) =>
        merge(
          shared$.pipe(filter(isForSink), toSinks(parts)),
          shared$.pipe(
            filter(isForWindow),
            mergeMap((rows) => {
              speaking$?.next(rows);
              return EMPTY;
            }),
          ),
        ),
      ),
    ),
    failed$.pipe(toDeadLetters(parts)),
  );
}
