/**
 * Plan + ports → one Observable. Subscribing runs the pipeline; it emits nothing, completes when all
 * sources have ended (or were told to stop) and every row is acknowledged, and fails with whatever
 * ends the run.
 *
 *     source ─┐         ┌─▶ window ─▶ rows ─▶ sink          (of the sources that feed it)
 *     source ─┴▶ merged ┼─▶ window ─▶ rows ─▶ sink
 *                       ├─▶ rows of row-wise sinks ─▶ sink
 *                       ├─▶ letters ─▶ dead letters
 *                       └─▶ counters              (last: everything else has seen the batch)
 *
 * What a source gives is behind its dedups, where it has any; dedups over several sources lie where
 * these meet.
 */
import {
  type MonoTypeOperatorFunction,
  type Observable,
  EMPTY,
  connect,
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
import { sliceCounter } from './count-slice.ts';
import { openDedupFlow } from './dedup-flow.ts';
import { type JointDedups, openJointDedups } from './joint-flow.ts';
import type { LateReader } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged } from './merged.ts';
import { toDeadLetters, toSinks } from './outputs.ts';
import type { GraphParts } from './parts.ts';
import type { SinkRows } from './row-flow.ts';
import { givingUp } from './sink-patience.ts';
import { type SourceRuntime, rescueOf, sourceFlow } from './source-flow.ts';
import { wantedLetters } from './wanted-letters.ts';
import { windowGraphs } from './window-graph.ts';

export type { GraphParts } from './parts.ts';
export { provisionalRows } from './window-graph.ts';

/** Builds the graph. */
export function buildGraph(parts: GraphParts): Observable<never> {
  const { sources, pool, ledger } = parts;
  const readers = new Map(sources.map((source) => [source.node.name, readerOf(source, parts)]));
  const joint = openJointDedups(parts);
  const flow$ = merge(
    ...sources.map((source) =>
      sourceFlow(source, source.events$, pool, ledger).pipe(deduped(source, joint, parts)),
    ),
  ).pipe(
    joint.flow$,
    connect((merged$) =>
      merge(
        windowGraphs(merged$, {
          ...{ parts, heldFrom: joint.heldFrom },
          late: (source) => readers.get(source) as LateReader,
        }),
        ...sources.map((source) => {
          const { name } = source.node;
          const own$ = merged$.pipe(filter((merged) => merged.source === name));
          return recordGraph(own$, source, { ...parts, late: readers.get(name) as LateReader });
        }),
      ),
    ),
  );
  return givingUp(flow$, parts);
}

/** What a source's records give but for windows. */
function recordGraph(
  merged$: Observable<Merged>,
  source: SourceRuntime,
  parts: GraphParts & { readonly late: LateReader },
): Observable<never> {
  const { tally, plan, late } = parts;
  const countSlice = sliceCounter(tally, plan, source.node.name);
  return merge(
    merged$.pipe(mergeMap(rowsOf), toSinks(parts)),
    merged$.pipe(mergeMap(lettersOf), toDeadLetters(parts)),
    ...(isDeduped(source, parts) ? [merged$.pipe(wantedLetters(late), toDeadLetters(parts))] : []),
    merged$.pipe(
      tap(({ slices }) => {
        for (const { reply } of slices) countSlice(reply);
      }),
      ignoreElements(),
    ),
  );
}

const isDeduped = ({ node }: SourceRuntime, { dedups }: GraphParts): boolean =>
  dedups.some(({ sources }) => sources.includes(node.name));

/** Runs a source's dedups and what follows them; nothing where it has none. */
function deduped(
  source: SourceRuntime,
  { gates }: JointDedups,
  parts: GraphParts,
): MonoTypeOperatorFunction<Merged> {
  if (!isDeduped(source, parts)) return identity;
  const { name, watermark } = source.node;
  return map(openDedupFlow({ name, outOfOrderMs: watermark.outOfOrderMs }, parts, gates));
}

/** How records of a source are read again. */
const readerOf = (source: SourceRuntime, { pool, acks, ledger }: GraphParts): LateReader => ({
  rescue: rescueOf(source, pool),
  acks,
  account: ledger.rows,
});

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
