/**
 * Plan + ports → one Observable. Subscribing runs the pipeline; it emits nothing, completes when all
 * sources have ended (or were told to stop) and every row is acknowledged, and fails with whatever
 * ends the run.
 *
 *     source ─▶ merged ─┬─▶ window ─▶ rows ─▶ sink          (behind its dedups, where it has any)
 *                       ├─▶ window ─▶ rows ─▶ sink
 *                       ├─▶ rows of row-wise sinks ─▶ sink
 *                       ├─▶ letters ─▶ dead letters
 *                       └─▶ counters              (last: everything else has seen the batch)
 */
import {
  type MonoTypeOperatorFunction,
  type Observable,
  EMPTY,
  Subject,
  connect,
  defer,
  filter,
  from,
  identity,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  tap,
} from 'rxjs';
import { type RowBatch, sizeBytesOf } from '../core/batch.ts';
import type { Plan, SinkNode, WindowNode } from '../plan/planner.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Ledger } from './credit.ts';
import { openDedupFlow } from './dedup-flow.ts';
import type { DedupRuntime } from './dedup-state.ts';
import type { LateReader } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged } from './merged.ts';
import { writeTo } from './operators/write-to.ts';
import type { DeadLetterPort, PoolPort, SinkPort, SourceEvent } from './ports.ts';
import { type Flowing, type RowContext, type SinkRows, operator, rowFlow } from './row-flow.ts';
import { type SourceRuntime, rescueOf, sourceFlow } from './source-flow.ts';
import { type Tally, count, countRows } from './tally.ts';
import {
  type WindowFrame,
  type WindowRuntime,
  type WindowStep,
  frameOf,
  windowFlow,
} from './window-flow.ts';
import { wantedLetters } from './wanted-letters.ts';
import { windowLetter } from './window-letters.ts';

/** Everything a graph is made of. */
export interface GraphParts {
  readonly plan: Plan;
  readonly pool: PoolPort;
  readonly sources: readonly (SourceRuntime & {
    /** The port's events, ended early by a stop; `finished` last if the source ended by itself. */
    readonly events$: Observable<SourceEvent | { readonly kind: 'finished' }>;
  })[];
  readonly windows: readonly WindowRuntime[];
  readonly dedups: readonly DedupRuntime[];
  /** In the order of plan.sinks. */
  readonly sinks: readonly SinkPort[];
  readonly deadLetters: DeadLetterPort;
  readonly ledger: Ledger;
  readonly acks: Acknowledgements;
  readonly tally: Tally;
  /** Takes a snapshot; resolves when it is on disk. */
  readonly durable: () => Promise<void>;
  /** Called for every batch of dead letters before it is written; throws to end the run. */
  readonly onLetters: (letters: readonly DeadLetter[]) => void;
}

/** Builds the graph. */
export function buildGraph(parts: GraphParts): Observable<never> {
  return merge(...parts.sources.map((source) => sourceGraph(source, parts)));
}

function sourceGraph(source: GraphParts['sources'][number], parts: GraphParts): Observable<never> {
  const { pool, ledger, tally, plan } = parts;
  const names = [...plan.stages, ...plan.sinks].map(({ name }) => name);
  return sourceFlow(source, source.events$, pool, ledger).pipe(
    deduped(source, parts),
    connect((merged$) =>
      merge(
        ...parts.windows
          .filter(({ node }) => sourceOf(plan, node) === source.node.name)
          .map((window) => windowGraph(merged$, { window, source, parts })),
        merged$.pipe(mergeMap(rowsOf), toSinks(parts)),
        merged$.pipe(mergeMap(lettersOf), toDeadLetters(parts)),
        ...(isDeduped(source, parts)
          ? [merged$.pipe(wantedLetters(readerOf(source, parts)), toDeadLetters(parts))]
          : []),
        merged$.pipe(
          tap(({ slices }) => {
            for (const { reply } of slices) {
              count(tally.records, source.node.name, reply.records);
              count(tally.tombstones, source.node.name, reply.tombstones);
              tally.skipped += reply.skipped;
              countRows(tally, names, reply);
            }
          }),
          ignoreElements(),
        ),
      ),
    ),
  );
}

const isDeduped = ({ node }: SourceRuntime, { dedups }: GraphParts): boolean =>
  dedups.some(({ source }) => source === node.name);

/** Runs a source's dedups and what follows them; nothing where it has none. */
function deduped(source: SourceRuntime, parts: GraphParts): MonoTypeOperatorFunction<Merged> {
  if (!isDeduped(source, parts)) return identity;
  const { name, watermark } = source.node;
  return map(openDedupFlow({ name, outOfOrderMs: watermark.outOfOrderMs }, parts));
}

/** How records of a source are read again. */
const readerOf = (source: SourceRuntime, { pool, acks, ledger }: GraphParts): LateReader => ({
  rescue: rescueOf(source, pool),
  acks,
  account: ledger.rows,
});

/** Sinks for which a provisional row is replaced by the final one. */
const UPSERT_KINDS = new Set(['cassandra', 'sqlite']);

/**
 * Writes the windows that are still open as they are now, to sinks where a later row replaces them
 * (R7). Nothing of it is kept in the state.
 */
export function provisionalRows(parts: GraphParts): Observable<never> {
  const { plan, windows } = parts;
  // Whoever closes these windows reports what fails in them.
  const context: RowContext = { plan, tally: parts.tally, onFailed: () => undefined };
  return merge(
    ...windows.map(({ node, store, keys }) =>
      defer(() => of(flowing(frameOf(store.openProvisional(), keys), node))).pipe(
        map(operator(node.name, node.after, node.afterSlots, context)),
        (rows$) => rowFlow(rows$, node.name, context),
        filter(({ sink }) => UPSERT_KINDS.has(plan.sinks[sink]?.connector.kind ?? '')),
        toSinks(parts),
      ),
    ),
  );
}

/** The source that feeds a stage. */
export function sourceOf(plan: Plan, node: { readonly input: string }): string {
  const above = plan.stages.find(({ name }) => name === node.input);
  return above === undefined ? node.input : sourceOf(plan, above);
}

function windowGraph(
  merged$: Observable<Merged>,
  { window, source, parts }: { window: WindowRuntime; source: SourceRuntime; parts: GraphParts },
): Observable<never> {
  const { plan, tally, durable, ledger } = parts;
  const { node } = window;
  const failed$ = new Subject<LetterBatch>();
  const onFailed = failedRows(node, parts, (letters) => failed$.next(letters));
  const context: RowContext = { plan, tally, onFailed };
  return windowFlow(merged$, window, {
    tally,
    late: readerOf(source, parts),
    durable,
    hold$: ledger.rows.full$,
    startFrontier: source.clock.settled(),
  }).pipe(
    connect((step$: Observable<WindowStep>) =>
      merge(
        step$.pipe(
          filter((step) => step.kind === 'rows'),
          map(({ rows }) => flowing(rows, node)),
          map(operator(node.name, node.after, node.afterSlots, context)),
          (rows$) => rowFlow(rows$, node.name, context),
          tap({ complete: () => failed$.complete() }),
          toSinks(parts),
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

function rowsOf({ slices }: Merged): Observable<SinkRows> {
  return from(slices.flatMap(({ reply }) => reply.rows));
}

/** Letters but those of late records, which the window stages take care of. */
function lettersOf({ slices }: Merged): Observable<LetterBatch> {
  const letters = slices.flatMap(({ reply }) =>
    reply.letters.filter(({ code }) => code !== 'LATE' && code !== 'LATE_IDLE'),
  );
  return letters.length === 0 ? EMPTY : of({ letters, isCounted: false });
}

/** Hands rows to their sinks. */
function toSinks(parts: GraphParts): (rows$: Observable<SinkRows>) => Observable<never> {
  const { plan, sinks, ledger, acks, tally } = parts;
  const nameOf = (sink: number): string => (plan.sinks[sink] as SinkNode).name;
  return (rows$) =>
    rows$.pipe(
      filter(({ batch }) => batch.length > 0),
      writeTo<SinkRows>({
        write: ({ sink, batch }) => {
          count(tally.given, nameOf(sink), batch.length);
          return (sinks[sink] as SinkPort).write(batch);
        },
        sizeOf: ({ batch }: { batch: RowBatch }) => sizeBytesOf(batch),
        account: ledger.rows,
        acks,
        onWritten: ({ sink, batch }) => count(tally.written, nameOf(sink), batch.length),
      }),
    );
}

/** What a letter takes beside its value: the objects around it, measured. */
const LETTER_BYTES = 600;

/** Hands letters to their place. */
function toDeadLetters(
  parts: GraphParts,
): (letters$: Observable<LetterBatch>) => Observable<never> {
  const { deadLetters, ledger, acks, tally, onLetters } = parts;
  return (letters$) =>
    letters$.pipe(
      tap(({ letters, isCounted }) => {
        if (!isCounted) for (const { code } of letters) count(tally.letters, code, 1);
        onLetters(letters);
      }),
      writeTo<LetterBatch>({
        write: ({ letters }) => deadLetters.write(letters),
        sizeOf: ({ letters }) =>
          letters.reduce((sum, { value }) => sum + value.byteLength + LETTER_BYTES, 0),
        account: ledger.rows,
        acks,
        onWritten: ({ onWritten }) => onWritten?.(),
      }),
    );
}
