/**
 * One source: bytes → workers → replies in order → the clock.
 *
 *     port ──frames──▶ charge ──▶ inOrder(pool) ──▶ clock ──▶ refund ──▶ Merged
 *              ▲                        ▲
 *      pause when `frames` is full      held while `rows` is full, with what the frames in the
 *                                       pool are expected to give
 */
import {
  EMPTY,
  type Observable,
  connect,
  endWith,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  takeUntil,
  tap,
} from 'rxjs';
import type { SourceClock } from '../core/time/watermark.ts';
import { EngineError } from '../errors.ts';
import type { SourceNode } from '../plan/planner.ts';
import type { Reply, Task } from '../../workers/protocol.ts';
import { type Aligned, align } from './alignment.ts';
import type { Ledger } from './credit.ts';
import { EmptyFetches } from './empty-fetches.ts';
import { Forecast } from './forecast.ts';
import type { KeySpace } from './key-space.ts';
import type { Merged } from './merged.ts';
import { inOrder } from './operators/in-order.ts';
import type { Frame, PoolPort, ResumePoint, SourceEvent, SourcePort } from './ports.ts';
import { type Answer, type Rescue, runTask } from './rescue.ts';
import type { StartLine } from './start-line.ts';
import type { Valve } from './valve.ts';

/** A source at run time: its port and everything the main thread knows about it. */
export interface SourceRuntime {
  readonly node: SourceNode;
  /** Index in plan.sources. */
  readonly index: number;
  readonly port: SourcePort;
  readonly clock: SourceClock;
  readonly valve: Valve;
  /** Key spaces of the window stages it feeds. */
  readonly keys: ReadonlyMap<number, KeySpace>;
  /** Next offset and last batch by partition: what has been merged (R1), or where reading begins. */
  readonly positions: Map<number, ResumePoint>;
  readonly startLine: StartLine;
  /** End offsets as last heard. */
  readonly ends: Map<number, number>;
  /** Partitions whose end was seen since records came, with that end. */
  readonly caughtUp: Map<number, number>;
  /** The sources it meets in windows, itself among them (T6). */
  readonly together: readonly Aligned[];
}

/** Tasks under way for each worker thread: enough that none waits for the main thread. */
const TASKS_PER_WORKER = 2;

/** What comes out of the ordered line. */
type InLine =
  | {
      readonly kind: 'answer';
      readonly answer: Answer;
      readonly frameBytes: number;
      /** What is reserved for its rows. */
      readonly rowBytes: number;
    }
  | Exclude<SourceEvent, { kind: 'frame' }>
  | { readonly kind: 'finished' };

/**
 * Merges a source's events in order. `events$` must end with `finished` only if the source ended by
 * itself. Errors of the source and of the pool's rescue end the flow.
 */
export function sourceFlow(
  source: SourceRuntime,
  events$: Observable<SourceEvent | { readonly kind: 'finished' }>,
  pool: PoolPort,
  ledger: Ledger,
): Observable<Merged> {
  const rescue = rescueOf(source, pool);
  const forecast = new Forecast(ledger.rows);
  const empties = new EmptyFetches();
  const answered$ = events$.pipe(
    tap((event) => {
      if (event.kind === 'frame') ledger.frames.charge(event.frame.buffer.byteLength);
    }),
    map((event) => empties.push(event)),
    filter((event) => event !== null),
    inOrder<SourceEvent | { kind: 'finished' }, InLine>(
      (event) => {
        empties.shift(event);
        if (event.kind !== 'frame') return of(event);
        const frameBytes = event.frame.buffer.byteLength;
        const rowBytes = forecast.reserve(frameBytes);
        return answerOf(event.frame, source, rescue).then((answer): InLine => ({
          kind: 'answer',
          answer,
          frameBytes,
          rowBytes,
        }));
      },
      pool.workers * TASKS_PER_WORKER,
      ledger.rows.full$,
    ),
  );
  const merged$ = answered$.pipe(
    mergeMap((event) => {
      if (event.kind !== 'answer') return advance(source, event);
      ledger.frames.refund(event.frameBytes);
      return forecast.settle(event, mergeAnswer(source, event.answer));
    }),
  );
  return merged$.pipe(
    // The valve follows the ledger as long as anything flows.
    connect((shared$) =>
      merge(
        ledger.frames.full$.pipe(
          tap((full) => source.valve.setFull(full)),
          ignoreElements(),
          takeUntil(shared$.pipe(ignoreElements(), endWith(null))),
        ),
        shared$,
      ),
    ),
  );
}

/** How tasks of a source are run: keys are resolved when a reply arrives, see KeySpace. */
export const rescueOf = (source: SourceRuntime, pool: PoolPort): Rescue => ({
  source: source.index,
  name: source.node.name,
  port: source.port,
  pool,
  onReply: (reply) => resolveKeys(source, reply),
});

function answerOf(frame: Frame, source: SourceRuntime, rescue: Rescue): Promise<Answer> {
  const task: Task = {
    source: source.index,
    buffer: frame.buffer,
    slices: frame.slices.map((slice) => ({
      ...slice,
      maxEventTime: source.clock.maxOf(slice.partition),
    })),
    marks: [...source.keys.values()].flatMap((keys) => keys.marks()),
    late: null,
  };
  return runTask(task, rescue);
}

function resolveKeys(source: SourceRuntime, reply: Reply): void {
  for (const { stage, delta } of reply.dictionaries)
    source.keys.get(stage)?.learn(reply.worker, delta);
  for (const slice of reply.slices) {
    for (const table of slice.partials) source.keys.get(table.stage)?.resolve(reply.worker, table);
  }
}

function mergeAnswer(source: SourceRuntime, { replies }: Answer): Merged {
  const { clock, positions, node, startLine } = source;
  const slices = replies.flatMap((reply) =>
    reply.slices.map((slice) => {
      const { partition, firstOffset, nextOffset, lastBatch } = slice;
      const before = positions.get(partition);
      if (before === undefined) startLine.open(partition, firstOffset);
      else if (firstOffset !== before.nextOffset) {
        throw new EngineError(
          'ENG_INVARIANT',
          `engine bug: ${node.name} partition ${partition} went on at ${firstOffset} instead of ${before.nextOffset}`,
        );
      }
      startLine.read(partition, slice.firstEventTime);
      const merged = {
        reply: slice,
        watermarkBefore: clock.watermarkOf(partition),
        maxBefore: clock.maxOf(partition),
      };
      clock.observe(partition, slice.maxEventTime);
      source.caughtUp.delete(partition);
      // A slice of nothing but gaps has no batch: the one before is still what a restart may check.
      positions.set(partition, { nextOffset, lastBatch: lastBatch ?? before?.lastBatch ?? null });
      endRead(source, partition);
      return merged;
    }),
  );
  align(source.together);
  return mergedOf(source, slices);
}

const mergedOf = ({ node, clock, startLine }: SourceRuntime, slices: Merged['slices']): Merged => ({
  source: node.name,
  slices,
  times: clock.times(),
  startsAt: startLine.at,
});

/** A partition of a bounded source that has been read to its end holds nothing back (T6, T7). */
function endRead({ node, clock, positions, ends }: SourceRuntime, partition: number): void {
  const end = ends.get(partition);
  if (!node.bounded || end === undefined) return;
  if ((positions.get(partition)?.nextOffset ?? 0) >= end) clock.end(partition);
}

/** Everything but records. */
function advance(
  source: SourceRuntime,
  event: Exclude<InLine, { kind: 'answer' }>,
): Observable<Merged> {
  const { clock, ends } = source;
  switch (event.kind) {
    case 'empty':
      source.caughtUp.set(event.partition, event.end);
      clock.empty(event.partition, event.polledMs);
      break;
    case 'partitions':
      clock.addPartitions(event.partitions, event.filling);
      for (const [partition, nextOffset] of event.starts ?? []) {
        if (!source.positions.has(partition)) source.startLine.open(partition, nextOffset);
        source.positions.set(partition, { nextOffset, lastBatch: null });
      }
      break;
    case 'finished':
      clock.end();
      break;
    case 'ends':
      source.startLine.ends(event.ends);
      for (const [partition, end] of event.ends) {
        ends.set(partition, end);
        endRead(source, partition);
      }
      if (!source.node.bounded) return EMPTY;
      break;
    case 'notice':
      return EMPTY;
  }
  align(source.together);
  return of(mergedOf(source, []));
}
