import fc from 'fast-check';
import { EMPTY, Subject, concat, from, lastValueFrom, mergeMap, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DeadLetter, Reply, Task } from '../../workers/protocol.ts';
import { SourceProgram } from '../../workers/program.ts';
import type { RowBatch } from '../core/batch.ts';
import { SourceClock } from '../core/time/watermark.ts';
import { WindowStore } from '../core/window/store.ts';
import { EngineError } from '../errors.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { type GraphParts, buildGraph } from './build.ts';
import { openLedger } from './credit.ts';
import { KeySpace } from './key-space.ts';
import type { Frame, PoolPort, SinkPort, SourceEvent, SourcePort } from './ports.ts';
import { type Log, anyLogs, frameOf, oracle, plan, rowTexts } from './scenario.fixture.ts';
import { StartLine } from './start-line.ts';
import { openTally } from './tally.ts';
import { Valve } from './valve.ts';

/** Cuts logs into frames: each step takes some events of some partitions. */
function cut(logs: readonly Log[], steps: readonly (readonly number[])[]): Frame[] {
  const at = logs.map(() => 0);
  const frames: Frame[] = [];
  const take = (sizes: readonly number[]): void => {
    const runs = logs.flatMap((log, partition) => {
      const first = at[partition] as number;
      const events = log.slice(first, first + (sizes[partition] ?? 0));
      at[partition] = first + events.length;
      return events.length === 0 ? [] : [{ partition, first, events }];
    });
    if (runs.length > 0) frames.push(frameOf(runs));
  };
  steps.forEach(take);
  take(logs.map(() => Infinity));
  return frames;
}

/** A pool in this thread whose replies come in the order `delays` says; it may fail now and then. */
function poolOf(
  threads: number,
  delays: readonly number[],
  failing: ReadonlySet<number>,
): PoolPort {
  const programs = Array.from(
    { length: threads },
    (_, worker) => new SourceProgram(plan, 0, worker),
  );
  let tasks = 0;
  return {
    workers: threads,
    run: async (task: Task): Promise<Reply> => {
      const number = tasks++;
      const wait = delays[number % Math.max(delays.length, 1)] ?? 0;
      // A thread answers in the order of its tasks: it runs now, the reply is only delivered later.
      const program = programs[number % threads] as SourceProgram;
      if (failing.has(number)) throw new EngineError('ENG_WORKER_FAILED', 'gone');
      const reply = structuredClone(program.run(structuredClone(task)));
      for (let i = 0; i < wait; i++) await Promise.resolve();
      return reply;
    },
    close: () => Promise.resolve(),
  };
}

interface Outcome {
  rows: string[];
  late: string[];
  parts: GraphParts;
}

async function run(
  logs: readonly Log[],
  frames: readonly Frame[],
  pool: PoolPort,
  change: Partial<GraphParts> = {},
): Promise<Outcome> {
  const rows: string[] = [];
  const letters: DeadLetter[] = [];
  const parts = { ...open(logs, frames, pool, rows, letters), ...change };
  await lastValueFrom(buildGraph(parts), { defaultValue: null });
  return {
    rows: rows.sort(),
    late: letters.map(({ partition, offset }) => `${partition}@${offset}`).sort(),
    parts,
  };
}

function open(
  logs: readonly Log[],
  frames: readonly Frame[],
  pool: PoolPort,
  rows: string[],
  letters: DeadLetter[],
): GraphParts {
  const port: SourcePort = {
    open: () => from([]),
    pause: () => undefined,
    resume: () => undefined,
    reread: (partition, first, next) =>
      Promise.resolve(
        frameOf([{ partition, first, events: (logs[partition] as Log).slice(first, next) }]),
      ),
    commit: () => Promise.resolve(),
    identity: () => Promise.resolve('test'),
    ends: () => Promise.resolve(new Map()),
    maxFrameBytes: 1 << 20,
  };
  const windows = plan.stages.flatMap((node, index) => {
    if (node.kind !== 'window') return [];
    const keys = new KeySpace(index, node.keys);
    return [{ node, index, keys, store: new WindowStore(node, () => keys.order()) }];
  });
  const node = plan.sources[0] as Plan['sources'][number];
  const events$ = concat(
    of({ kind: 'partitions' as const, partitions: logs.map((_, partition) => partition) }),
    from(frames.map((frame): SourceEvent => ({ kind: 'frame', frame }))),
    of({ kind: 'finished' as const }),
  );
  const source = {
    node,
    index: 0,
    port,
    clock: new SourceClock(node.watermark),
    valve: new Valve(port),
    keys: new Map(windows.map(({ index, keys }) => [index, keys])),
    positions: new Map(),
    startLine: new StartLine(),
    ends: new Map(),
    caughtUp: new Map<number, number>(),
    together: [],
    events$,
  };
  return {
    plan,
    pool,
    sources: [source],
    windows,
    dedups: [],
    sinks: plan.sinks.map(({ name }) => memorySink(name, rows)),
    deadLetters: {
      open: () => Promise.resolve(),
      write: (more) => Promise.resolve(void letters.push(...more)),
      close: () => Promise.resolve(),
    },
    ledger: openLedger(1 << 20),
    acks: new Acknowledgements(),
    tally: openTally(),
    durable: () => Promise.resolve(),
    ticks$: () => EMPTY,
    onLetters: () => undefined,
  };
}

function memorySink(name: string, rows: string[]): SinkPort {
  return {
    open: () => Promise.resolve(),
    write: (batch: RowBatch) => Promise.resolve(void rows.push(...rowTexts(name, batch))),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

const steps = fc.array(fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }), { maxLength: 20 });

describe('the graph', () => {
  it('W1 W2 W3: rows and late records are a function of the logs alone, whatever the frames, threads, order of replies and failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLogs,
        steps,
        fc.array(fc.nat(30), { maxLength: 7 }),
        fc.integer({ min: 1, max: 3 }),
        // One failure: a record that fails three times over is a poisoned one.
        fc.uniqueArray(fc.nat(12), { maxLength: 1 }),
        async (given, cuts, delays, threads, failing) => {
          const pool = poolOf(threads, delays, new Set(failing));
          const { rows, late, parts } = await run(given, cut(given, cuts), pool);
          const expected = oracle(given);
          expect(late).toEqual(expected.late);
          expect(rows).toEqual(expected.rows);
          expect([parts.ledger.frames.heldBytes, parts.ledger.rows.heldBytes]).toEqual([0, 0]);
          expect(parts.acks.pending).toBe(0);
          expectBalanced(parts, given);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('R3: reading that starts inside a log gives no row for windows that begin before it', async () => {
    const log: Log = Array.from({ length: 30 }, (_, t) => ({ k: 'a', t, x: 1 }));
    const pool = poolOf(2, [], new Set());
    const parts = open([log], [], pool, [], []);
    const source = parts.sources[0] as GraphParts['sources'][number];
    const events: SourceEvent[] = [
      { kind: 'partitions', partitions: [0], starts: new Map([[0, 12]]) },
      { kind: 'ends', ends: new Map([[0, 30]]) },
      { kind: 'frame', frame: frameOf([{ partition: 0, first: 12, events: log.slice(12) }]) },
    ];
    const finished = { kind: 'finished' as const };
    const sources = [{ ...source, events$: concat(from(events), of(finished)) }];
    const { windows } = parts;
    const { rows, parts: after } = await run([log], [], pool, { sources, windows });
    expect(rows).toEqual(['slides "a" 20 10 20 1', 'tens "a" 20 10 10 1 1']);
    expect(after.tally.windows.get('tens')).toMatchObject({ emitted: 1, partialStart: 1 });
    expect(after.tally.windows.get('slides')).toMatchObject({ emitted: 1, partialStart: 3 });
  });

  it('goes on from where the source says, when records are gone', async () => {
    const log: Log = Array.from({ length: 30 }, (_, t) => ({ k: 'a', t, x: 1 }));
    const parts = open([log], [], poolOf(1, [], new Set()), [], []);
    const source = parts.sources[0] as GraphParts['sources'][number];
    source.positions.set(0, { nextOffset: 3, lastBatch: null });
    const moved: SourceEvent = { kind: 'partitions', partitions: [0], starts: new Map([[0, 9]]) };
    const events$ = concat(
      of(moved),
      of({
        kind: 'frame' as const,
        frame: frameOf([{ partition: 0, first: 9, events: log.slice(9) }]),
      }),
    );
    await run([log], [], parts.pool, { sources: [{ ...source, events$ }], windows: parts.windows });
    expect(source.positions.get(0)?.nextOffset).toBe(30);
  });

  it('a record that no worker survives becomes a dead letter, and only that one', async () => {
    const log: Log = Array.from({ length: 20 }, (_, t) => ({ k: 'a', t, x: t }));
    const healthy = poolOf(2, [], new Set());
    const pool: PoolPort = {
      ...healthy,
      run: (task) => {
        const bytes = new TextDecoder().decode(task.buffer);
        return bytes.includes('"t":13,')
          ? Promise.reject(new EngineError('ENG_WORKER_FAILED', 'a worker thread failed'))
          : healthy.run(task);
      },
    };
    const letters: DeadLetter[] = [];
    const { rows } = await run([log], cut([log], [[7], [9]]), pool, {
      onLetters: (more) => letters.push(...more),
    });
    expect(letters).toMatchObject([{ code: 'WORKER', partition: 0, offset: 13 }]);
    const without = oracle([log.filter(({ t }) => t !== 13)]);
    expect(rows).toEqual(without.rows);
  });

  it('T5: of the frontiers that wait behind the snapshot of one the last is taken, not each', async () => {
    const log: Log = [{ k: 'a', t: 0, x: 1 }];
    const written = Promise.withResolvers<undefined>();
    let snapshots = 0;
    const parts = open([log], [], poolOf(1, [], new Set()), [], []);
    const source = parts.sources[0] as GraphParts['sources'][number];
    const end$ = new Subject<{ kind: 'finished' }>();
    const quiet = { kind: 'empty', partition: 0, end: 1, polledMs: 20_000 } as const;
    const events$ = concat(
      of({ kind: 'partitions' as const, partitions: [0] }),
      of({ kind: 'frame' as const, frame: frameOf([{ partition: 0, first: 0, events: log }]) }),
      // In a later turn: what waits in the line is added up.
      timer(0).pipe(mergeMap(() => from(Array.from({ length: 1_000 }, () => quiet)))),
      end$,
    );
    const durable = async (): Promise<void> => {
      snapshots++;
      if (snapshots === 1) {
        setImmediate(() => {
          written.resolve(undefined);
          end$.complete();
        });
      }
      await written.promise;
    };
    const { windows } = parts;
    const { rows } = await run([log], [], parts.pool, {
      ...{ sources: [{ ...source, events$ }], windows, durable },
    });
    expect(rows).toContain('tens "a" 0 1 1 1 1');
    // For each of the two stages of windows, the first frontier and the last.
    expect(snapshots).toBe(4);
  });

  it('stops dispatching while rows are not acknowledged, and goes on when they are', async () => {
    const log: Log = Array.from({ length: 400 }, (_, t) => ({ k: 'a', t, x: 9 }));
    const acknowledge$ = new Subject<null>();
    const healthy = poolOf(1, [], new Set());
    let tasks = 0;
    const pool: PoolPort = { ...healthy, run: (task) => (tasks++, healthy.run(task)) };
    const slow: SinkPort = {
      ...memorySink('rows', []),
      write: () => lastValueFrom(concat(acknowledge$, of(null))).then(() => undefined),
    };
    const quick = memorySink('x', []);
    const done = run(
      [log],
      cut(
        [log],
        Array.from({ length: 40 }, () => [10]),
      ),
      pool,
      {
        sinks: [quick, quick, slow],
        ledger: openLedger(4000),
      },
    );
    for (let i = 0; i < 2000; i++) await Promise.resolve();
    expect(tasks).toBeLessThan(20);
    acknowledge$.complete();
    const { parts } = await done;
    expect(tasks).toBe(40);
    expect(parts.tally.written.get('rows')).toBe(400);
  });
});

/** L1: what goes in comes out, or is counted as something else. */
function expectBalanced({ tally }: GraphParts, given: readonly Log[]): void {
  const records = given.reduce((sum, log) => sum + log.length, 0);
  expect(tally.records.get('readings') ?? 0).toBe(records);
  for (const { name } of plan.stages as readonly WindowNode[]) {
    const { merged, late, lateIdle } = tally.windows.get(name) ?? {
      merged: 0,
      late: 0,
      lateIdle: 0,
    };
    expect(merged + late + lateIdle).toBe(records);
  }
  const {
    in: into,
    out,
    filtered,
    failed,
  } = tally.sinks.get('rows') ?? { in: 0, out: 0, filtered: 0, failed: 0 };
  expect(into).toBe(out + filtered + failed);
  expect(tally.written.get('rows') ?? 0).toBe(out);
}
