/**
 * A plan run in memory: rows given to its sources, through the real graph and the real program of the
 * workers, to rows in memory. No servers, no files, no threads, no clock: sources end, so that their
 * watermark does (T7), and all windows close.
 */
import { type Observable, concat, lastValueFrom, of } from 'rxjs';
import { SourceProgram } from '../../workers/program.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { type Cell, type Column, cellOf } from '../core/batch.ts';
import { invariant } from '../errors.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import type { Frame, PoolPort, SinkPort, SourceEvent, SourcePort } from '../graph/ports.ts';
import { type Ledgered, checkLedger } from '../graph/residue.ts';
import { openTally } from '../graph/tally.ts';
import { withCarries } from '../plan/carried.ts';
import type { Connector, Plan, SinkNode, SourceNode } from '../plan/planner.ts';
import type { TestValues } from '../spec/test-fields.ts';
import { openRuntimes } from './parts.ts';

/** What came out of a stage or sink. */
export interface DrivenRows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What came out of a plan. */
export interface Driven {
  /** By name; a stage stands before a sink of the same name. */
  readonly outputs: ReadonlyMap<string, DrivenRows>;
  readonly letters: readonly DeadLetter[];
  /** Where every record went (L1), and the plan as it was run. */
  readonly ledger: Ledgered;
}

const memory: Connector = { kind: 'memory', config: {}, connection: null };

/** Raw bytes and rows under way at most; tests hold a fraction of it. */
const LEDGER_BYTES = 1 << 28;

/**
 * Runs a plan, its tables filled in, over rows by source. Throws what would end a run, a ledger that
 * does not add up among it.
 */
export async function drivePlan(
  tested: Plan,
  given: Readonly<Record<string, readonly TestValues[]>>,
): Promise<Driven> {
  const plan = inMemory(tested);
  const outputs = new Map<string, { columns: readonly Column[]; rows: Cell[][] }>();
  const letters: DeadLetter[] = [];
  const sinks = plan.sinks.map(({ name, columns }): SinkPort => {
    const rows: Cell[][] = [];
    outputs.set(name.replace(/^stage /, ''), { columns, rows });
    return sinkOf(rows);
  });
  const ports = plan.sources.map((node) => portOf(node, given[node.name] ?? []));
  const { windows, dedups, ...runtimes } = openRuntimes(plan, ports);
  const tally = openTally();
  const graph$ = buildGraph({
    ...{ plan, sinks, pool: poolOf(plan) },
    ...{ windows, dedups },
    sources: runtimes.sources.map((source) => ({
      ...source,
      events$: concat(source.port.open(source.positions), of({ kind: 'finished' as const })),
    })),
    deadLetters: {
      open: () => Promise.resolve(),
      write: (batch) => Promise.resolve(void letters.push(...batch)),
      close: () => Promise.resolve(),
    },
    ledger: openLedger(LEDGER_BYTES),
    acks: new Acknowledgements(),
    tally,
    durable: () => Promise.resolve(),
    onLetters: () => undefined,
  });
  await lastValueFrom(graph$, { defaultValue: null });
  const ledger = { plan, tally, windows };
  checkLedger(ledger);
  return { outputs, letters, ledger };
}

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
    stages: withCarries({ stages: plan.stages, sinks }),
    sinks,
    sources: plan.sources.map((node): SourceNode => ({
      ...node,
      connector: memory,
      framing: 'lines',
      bounded: true,
    })),
  };
}

function portOf(node: SourceNode, rows: readonly TestValues[]): SourcePort {
  const frame = (first: number, next: number): Frame => {
    const text = rows.slice(first, next).map((row) => `${recordText(node, row)}\n`);
    const bytes = new TextEncoder().encode(text.join(''));
    const place = { partition: 0, start: 0, length: bytes.length };
    return { buffer: bytes.buffer, slices: [{ ...place, firstOffset: first, nextOffset: next }] };
  };
  const partitions$ = of({ kind: 'partitions' as const, partitions: [0] });
  const events$: Observable<SourceEvent> =
    rows.length === 0
      ? partitions$
      : concat(partitions$, of({ kind: 'frame' as const, frame: frame(0, rows.length) }));
  return {
    // eslint-disable-next-line rxjs-x/finnish
    open: () => events$,
    pause: () => undefined,
    resume: () => undefined,
    reread: (_, first, next) => Promise.resolve(frame(first, next)),
    commit: () => Promise.resolve(),
    identity: () => Promise.resolve('test'),
    ends: () => Promise.resolve(new Map([[0, rows.length]])),
    maxFrameBytes: LEDGER_BYTES / 8,
  };
}

/** A record in which each column stands where the schema reads it. */
function recordText({ columns, fields }: SourceNode, row: TestValues): string {
  const record: Members = new Map();
  for (const [name, value] of Object.entries(row)) {
    const from = fields[columns.findIndex((column) => column.name === name)]?.from ?? name;
    const path = typeof from === 'string' ? [from] : from;
    let inside = record;
    for (const step of path.slice(0, -1)) {
      const there = inside.get(step);
      const next = there instanceof Map ? (there as Members) : new Map<string, unknown>();
      inside.set(step, next);
      inside = next;
    }
    inside.set(path.at(-1) ?? name, value);
  }
  return membersText(record);
}

type Members = Map<string, unknown>;

const membersText = (members: Members): string =>
  `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value instanceof Map ? membersText(value as Members) : JSON.stringify(value)}`).join(',')}}`;

function poolOf(plan: Plan): PoolPort {
  const programs = plan.sources.map((_, index) => new SourceProgram(plan, index, 0));
  return {
    workers: 1,
    run: async (task) => {
      const program = programs[task.source];
      invariant(program !== undefined, `no source ${task.source} in the plan`);
      return structuredClone(program.run(task));
    },
    close: () => Promise.resolve(),
  };
}

const sinkOf = (rows: Cell[][]): SinkPort => ({
  open: () => Promise.resolve(),
  write: ({ length, vectors }) => {
    for (let row = 0; row < length; row++) rows.push(vectors.map((vector) => cellOf(vector, row)));
    return Promise.resolve();
  },
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
});
