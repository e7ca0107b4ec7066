/** starting: opens everything a run needs, in an order that never leaves anything open behind. */
import { type Observable, Subscription, concat, fromEvent, interval, of, tap } from 'rxjs';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import type { GraphParts } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import { stopOn } from '../graph/operators/stop-on.ts';
import type {
  DeadLetterPort,
  Frame,
  OnDataLoss,
  SinkContext,
  SinkPort,
  SourceEvent,
} from '../graph/ports.ts';
import { carryOver, equationsOf } from '../graph/residue.ts';
import type { SourceRuntime } from '../graph/source-flow.ts';
import { openTally } from '../graph/tally.ts';
import { WriteClock } from '../io/checkpoint/state-directory.ts';
import { sourcesAbove } from '../plan/above.ts';
import type { Plan } from '../plan/planner.ts';
import { openDeadLetters, openSink } from './adapters.ts';
import { Checkpointer } from './checkpointer.ts';
import { LetterWatch } from './letter-watch.ts';
import { memoryBudget } from './memory.ts';
import { openRuntimes, openSinks, openSnapshots, openSources, pipelineDirectory } from './parts.ts';
import { type RefusalWriter, refusalWriter } from './refused.ts';
import { type SnapshotHeader, restoreState } from './state.ts';
import { type FrontierPublisher, openFrontiers } from './views/frontiers.ts';
import { UsageMeter } from './usage.ts';
import type { Threads, ThreadsOptions } from './threads.ts';

/** What opening needs to know. */
export interface OpenOptions extends ThreadsOptions {
  readonly fresh: boolean;
  /** Go on with a changed definition where the state allows it. */
  readonly migrate?: boolean;
  /** Opened before, by whoever had a plan to start them with; else openThreads does. */
  readonly threads?: Promise<Threads>;
  readonly onNotice: (text: string) => void;
  /** What to do when a topic has lost records that come next (R4): stop unless told. */
  readonly onDataLoss?: OnDataLoss;
  /** False: readers are not told how far windows are complete, since its tables say so themselves. */
  readonly tellsFrontiers?: boolean;
  /** Puts something between the graph and a sink, e.g. to measure its acknowledgements. */
  readonly wrapSink?: (name: string, sink: SinkPort) => SinkPort;
}

/** Whatever is opened is given to `closers` at once, to be closed in reverse order. */
export interface RunScope {
  readonly closers: (() => unknown)[];
  /** Ends every wait of the adapters. */
  readonly signal: AbortSignal;
  /** Says that reading has to stop. */
  readonly reading: AbortSignal;
}

/** A run that is ready to be subscribed to. */
export interface OpenRun {
  readonly parts: GraphParts;
  readonly checkpointer: Checkpointer;
  /** Runs from the first bytes on. */
  readonly meter: UsageMeter;
  /** True when the run goes on from a snapshot. */
  readonly resumed: boolean;
}

/** Share of the memory limit that raw bytes and unacknowledged rows may take. */
const LEDGER_SHARE = 1 / 16;

/** Opens sources, snapshot, sinks and dead letters while the threads start. Throws EngineError. */
export async function openRun(
  { plan, pool }: Threads,
  options: OpenOptions,
  scope: RunScope,
): Promise<OpenRun> {
  const { project, onNotice, onDataLoss = 'stop' } = options;
  const { closers, signal } = scope;
  const ports = await openSources(
    plan,
    { pipeline: plan.name, signal, onNotice, onDataLoss },
    project,
  );
  const { store, content } = await openSnapshots(plan, ports, options);
  const header = (content?.header ?? null) as SnapshotHeader | null;
  const runtimes = openRuntimes(plan, ports);
  const { sources, windows, dedups } = runtimes;
  const tally = content === null ? openTally() : restoreState(runtimes, content);
  if (header !== null && header.equations !== equationsOf(plan)) {
    carryOver({ plan, tally, windows });
  }
  const acks = new Acknowledgements();
  const refusals = refusalWriter(plan, acks, tally);
  const { sinks, deadLetters, frontiers } = await openOutputs(plan, {
    ...{ options, scope, refusals, header },
    identities: await Promise.all(ports.map((port) => port.identity())),
  });
  const state = { ...runtimes, tally };
  const checkpointer = new Checkpointer({ plan, state, acks, sinks, store, frontiers });
  const watch = new LetterWatch(plan.errors);
  const meter = new UsageMeter();
  const keep = new Subscription();
  closers.push(() => keep.unsubscribe());
  const parts: GraphParts = {
    plan,
    pool: await pool,
    sources: sources.map((source) => ({
      ...source,
      events$: eventsOf(source, onNotice, meter).pipe(
        stopOn(fromEvent(scope.reading, 'abort'), keep),
      ),
    })),
    windows,
    dedups,
    sinks,
    deadLetters,
    ledger: openLedger(memoryBudget(plan) * LEDGER_SHARE),
    acks,
    tally,
    durable: () => checkpointer.take(),
    ticks$: (everyMs) => interval(everyMs),
    onLetters: (letters) => watch.see(letters),
  };
  return { parts, checkpointer, meter, resumed: header !== null };
}

/** A source's events; `finished` comes last, when it has ended by itself. */
function eventsOf(
  { port, positions }: SourceRuntime,
  onNotice: (text: string) => void,
  meter: UsageMeter,
): Observable<SourceEvent | { readonly kind: 'finished' }> {
  return concat(port.open(positions), of({ kind: 'finished' as const })).pipe(
    tap((event) => {
      if (event.kind === 'frame') meter.read(bytesOf(event.frame));
      if (event.kind === 'notice') onNotice(event.text);
    }),
  );
}

const bytesOf = ({ slices }: Frame): number => slices.reduce((sum, { length }) => sum + length, 0);

async function openOutputs(
  plan: Plan,
  parts: {
    options: OpenOptions;
    scope: RunScope;
    refusals: RefusalWriter;
    header: SnapshotHeader | null;
    identities: readonly string[];
  },
): Promise<{ sinks: SinkPort[]; deadLetters: DeadLetterPort; frontiers: FrontierPublisher }> {
  const { options, scope, refusals, header, identities } = parts;
  const { project, onNotice } = options;
  const clock = new WriteClock(pipelineDirectory(plan, project), () => Date.now());
  const contextOf = (sink: string): SinkContext => ({
    pipeline: plan.name,
    signal: scope.signal,
    ...originOf(plan, sink, identities),
    onRefused: (rows) => refusals.write(sink, rows),
    onNotice,
    nextWriteTimestamp: (rows) => clock.take(rows),
  });
  const deadLetters = await openDeadLetters(
    plan.errors.deadLetter,
    contextOf('dead letters'),
    project,
  );
  scope.closers.push(() => deadLetters.close());
  refusals.open(deadLetters);
  const opened = await openSinks(plan, contextOf, project);
  const { wrapSink = (_name: string, sink: SinkPort): SinkPort => sink } = options;
  const sinks = opened.map((sink, i) => wrapSink(plan.sinks[i]?.name ?? '', sink));
  for (const sink of sinks) scope.closers.push(() => sink.close());
  await Promise.all([
    deadLetters.open(),
    ...sinks.map((sink, i) => sink.open(header?.handles[plan.sinks[i]?.name ?? ''] ?? null)),
  ]);
  const told = options.tellsFrontiers === false ? { ...plan, sinks: [] } : plan;
  const frontiers = await openFrontiers(told, {
    openSink: (node, context) => openSink(node, context, project),
    context: contextOf('frontiers'),
    closers: scope.closers,
  });
  return { sinks, deadLetters, frontiers };
}

/** The identity of the only source that feeds a sink; none for dead letters. */
function originOf(
  plan: Plan,
  sink: string,
  identities: readonly string[],
): Pick<SinkContext, 'origin'> {
  const node = plan.sinks.find(({ name }) => name === sink);
  if (node === undefined) return {};
  const [source, ...others] = sourcesAbove(plan, node);
  if (others.length > 0) return {};
  const origin = identities[plan.sources.findIndex(({ name }) => name === source)];
  return origin === undefined ? {} : { origin };
}
