/**
 * A plan run in memory: rows given to its sources, through the real graph and the real program of the
 * workers, to rows in memory. No servers, no files, no threads, no clock: time passes where a test
 * says so, and sources end, so that their watermark does (T7) and all windows close.
 */
import { setImmediate } from 'node:timers/promises';
import { EMPTY, concat, lastValueFrom, of } from 'rxjs';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { Cell, Column } from '../core/batch.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import { type Ledgered, checkLedger } from '../graph/residue.ts';
import { openTally } from '../graph/tally.ts';
import type { SnapshotContent } from '../io/checkpoint/snapshot-store.ts';
import { withCarries } from '../plan/carried.ts';
import type { Connector, Plan, SinkNode, SourceNode } from '../plan/planner.ts';
import type { TestValues } from '../spec/test-spec.ts';
import { Checkpointer } from './checkpointer.ts';
import { openRuntimes } from './parts.ts';
import { poolOf } from './pool-in-memory.ts';
import { type SnapshotHeader, restoreState } from './state.ts';
import { type TestInput, inputOf } from './test-input.ts';
import { sinkOf, sourceOf } from './test-ports.ts';
import { type Variation, plainly } from './test-variations.ts';

/** What came out of a stage or sink. */
export interface DrivenRows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What came out of a plan. */
export interface Driven {
  /** By name; a stage stands before a sink of the same name. */
  readonly outputs: ReadonlyMap<string, DrivenRows>;
  /** Each with its place in the test as it is written. */
  readonly letters: readonly DeadLetter[];
  /** Where every record went (L1), and the plan as it was run. */
  readonly ledger: Ledgered;
}

const memory: Connector = { kind: 'memory', config: {}, connection: null };

/** Raw bytes and rows under way at most; tests hold a fraction of it. */
const LEDGER_BYTES = 1 << 28;

/** What outlasts the process in a test. */
interface World {
  readonly plan: Plan;
  readonly workers: number;
  /** In the order of plan.sources. */
  readonly inputs: readonly TestInput[];
  /** In the order of plan.sinks. */
  readonly rows: readonly Cell[][][];
  /** By what they are of: after a crash some come again (R6). */
  readonly letters: Map<string, DeadLetter>;
  /** As on a disk: nobody can write to it. */
  snapshot: { readonly json: string; readonly buffers: readonly Uint8Array[] } | null;
}

/**
 * Runs a plan, its tables filled in, over rows by source, in one of the ways that must not change
 * what comes out. Throws what would end a run, a ledger that does not add up among it.
 */
export async function drivePlan(
  tested: Plan,
  given: Readonly<Record<string, readonly TestValues[]>>,
  how: Variation = plainly,
): Promise<Driven> {
  const plan = inMemory(tested);
  const inputs = plan.sources.map(({ name }, i) => inputOf(i, given[name] ?? [], plan, how));
  const rows = plan.sinks.map((): Cell[][] => []);
  const world: World = {
    plan,
    workers: how.workers,
    inputs,
    rows,
    letters: new Map(),
    snapshot: null,
  };
  const steps = Math.max(0, ...inputs.map((input) => input.steps.length));
  for (let step = 0; how.crash && step < steps; step++) {
    // Time that passes is not taken back by a crash.
    const isRead = inputs.every((input) => input.steps[step]?.kind !== 'wait');
    if (isRead) await live(world, { from: step, to: step + 1, end: 'crash' });
    await live(world, { from: step, to: step + 1, end: 'snapshot' });
  }
  const ledger = await live(world, { from: how.crash ? steps : 0, to: steps, end: 'finish' });
  checkLedger(ledger);
  const outputs = plan.sinks.map(({ name, columns }, i) => {
    return [name.replace(/^stage /, ''), { columns, rows: rows[i] ?? [] }] as const;
  });
  const letters = [...world.letters.values()].map((letter) => asWritten(letter, world));
  return { outputs: new Map(outputs), letters, ledger };
}

/** Some of the steps of the input, and how the process ends after them. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** `crash`: all of it is lost. `snapshot`: nothing is. `finish`: the sources end (T7). */
  readonly end: 'crash' | 'snapshot' | 'finish';
}

/** One life of the process: from the last snapshot, if there is one, over some steps. */
async function live(world: World, { from, to, end }: Span): Promise<Ledgered> {
  const { plan } = world;
  const snapshot = readSnapshot(world);
  const acks = new Acknowledgements();
  let cuts = 0;
  const ports = world.inputs.map((input) =>
    sourceOf(input, {
      steps: input.steps.slice(from, to),
      maxFrameBytes: LEDGER_BYTES / 8,
      settled: () => quiet(() => acks.pending === 0 && cuts === 0),
    }),
  );
  const runtimes = openRuntimes(plan, ports);
  const { windows, dedups } = runtimes;
  const tally = snapshot === null ? openTally() : restoreState(runtimes, snapshot);
  const header = snapshot?.header as SnapshotHeader | undefined;
  const handles = new Map(Object.entries(header?.handles ?? {}));
  const sinks = world.rows.map((rows) => sinkOf(rows));
  await Promise.all(
    sinks.map((sink, i) => sink.open(handles.get(plan.sinks[i]?.name ?? '') ?? null)),
  );
  const store = { write: (content: SnapshotContent) => save(world, content) };
  const state = { ...runtimes, tally };
  const checkpointer = new Checkpointer({ plan, state, acks, sinks, store });
  const finished = end === 'finish' ? [of({ kind: 'finished' as const })] : [];
  const graph$ = buildGraph({
    ...{ plan, sinks, windows, dedups, acks, tally },
    pool: poolOf(plan, world.workers),
    sources: runtimes.sources.map((source) => ({
      ...source,
      events$: concat(source.port.open(source.positions), ...finished),
    })),
    deadLetters: {
      open: () => Promise.resolve(),
      write: (batch) => {
        for (const letter of batch) world.letters.set(idOf(letter), letter);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    ledger: openLedger(LEDGER_BYTES),
    durable: async () => {
      cuts++;
      await checkpointer.take();
      cuts--;
    },
    ticks$: () => EMPTY,
    onLetters: () => undefined,
  });
  await lastValueFrom(graph$, { defaultValue: null });
  if (end === 'snapshot') await checkpointer.take();
  return { plan, tally, windows };
}

/** Turns of the event loop in which nothing is under way: then nothing is to come. */
const QUIET_TURNS = 5;

async function quiet(isQuiet: () => boolean): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns = isQuiet() ? turns + 1 : 0) await setImmediate();
}

function save(world: World, { header, buffers }: SnapshotContent): Promise<number> {
  const json = JSON.stringify(header);
  world.snapshot = { json, buffers: buffers.map((buffer) => buffer.slice()) };
  return Promise.resolve(json.length);
}

function readSnapshot({ snapshot }: World): SnapshotContent | null {
  if (snapshot === null) return null;
  const buffers = snapshot.buffers.map((buffer) => buffer.slice());
  return { header: JSON.parse(snapshot.json) as unknown, buffers };
}

const idOf = ({ stage, code, source, partition, offset, index }: DeadLetter): string =>
  JSON.stringify([stage, code, source, partition, offset, index]);

/** A letter with the place that its record has in the test. */
function asWritten(letter: DeadLetter, { plan, inputs }: World): DeadLetter {
  const input = inputs[plan.sources.findIndex(({ name }) => name === letter.source)];
  const record = input?.logs[letter.partition]?.[letter.offset];
  return record === undefined ? letter : { ...letter, ...record.written };
}

const onlyFinal = (node: Plan['stages'][number]): Plan['stages'][number] =>
  node.kind === 'window' ? { ...node, emit: 'final' } : node;

/** The plan with sources of lines that end, and a sink behind every stage. */
function inMemory(plan: Plan): Plan {
  const stages = plan.stages.map((node): SinkNode => ({
    kind: 'sink',
    name: `stage ${node.name}`,
    input: node.name,
    operations: [],
    slots: node.kind === 'window' ? node.afterSlots : node.slots,
    columns: node.columns,
    connector: memory,
  }));
  const sinks = [...plan.sinks.map((node) => ({ ...node, connector: memory })), ...stages];
  return {
    ...plan,
    // Tests are about final rows.
    stages: withCarries({ stages: plan.stages.map(onlyFinal), sinks }),
    sinks,
    sources: plan.sources.map((node): SourceNode => ({
      ...node,
      connector: memory,
      framing: 'lines',
      format: { kind: 'json', validate: 'read' },
      bounded: true,
    })),
  };
}
