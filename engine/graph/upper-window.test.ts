import { EMPTY, NEVER, type Observable, Subject, from, lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../core/random.ts';
import { Durable } from '../run/crash-durable.fixture.ts';
import { type Broker, Life } from '../run/crash-world.fixture.ts';
import type { Vector } from '../core/batch.ts';
import { WindowStore } from '../core/window/store.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import { provisionalRows } from './build.ts';
import { KeySpace } from './key-space.ts';
import type { Flowing } from './row-flow.ts';
import type { Log } from './scenario.fixture.ts';
import { openTally, windowCounts } from './tally.ts';
import { upperOracle, upperPlan } from './upper-scenario.fixture.ts';
import { type Told, upperFlow } from './upper-window.ts';
import type { WindowStep } from './closing.ts';
import type { WindowRuntime } from './window-flow.ts';

function runtime(name: string): WindowRuntime {
  const index = upperPlan.stages.findIndex((stage) => stage.name === name);
  const node = upperPlan.stages[index] as WindowNode;
  const keys = new KeySpace(index, node.keys);
  return { node, index, keys, store: new WindowStore(node, () => keys.order()) };
}

const numbers = (...values: number[]): Vector => ({
  ...{ kind: 'number', values: Float64Array.from(values) },
  valid: null,
});

/** Rows of `busy`, ends in seconds: key, window, n, total, mean, big; then the argument of `most`. */
const busy = (...ends: number[]): Flowing => {
  const ones = numbers(...ends.map(() => 1));
  const k: Vector = { kind: 'text', values: ends.map(() => 'a') };
  const [start, end] = [10, 0].map((size) => numbers(...ends.map((each) => (each - size) * 1000)));
  const vectors = [k, start, end, ones, ones, ones, ones, ones];
  const rows = Int32Array.from(ends, (_, row) => row);
  const frame = { length: ends.length, vectors };
  return {
    frame,
    selection: { rows, count: ends.length },
    stage: 'tens',
    of: { frame, rows: null, indexes: null },
  };
};

const CLOSED: Told = { kind: 'closed' };
const rowsFor = ({ index }: WindowRuntime, rows: Flowing): Told => ({ window: index, rows });

/** Rows of a step: window_start and number of windows. */
const startsOf = (step: WindowStep): number[][] => {
  if (step.kind !== 'rows') return [];
  const [, start, , windows] = step.rows.vectors;
  if (start?.kind !== 'number' || windows?.kind !== 'number') throw new Error('no numbers');
  return Array.from(start.values, (each, row) => [each / 1000, windows.values[row] as number]);
};

const outcome = (steps$: Observable<WindowStep>): number[][] => {
  const found: number[][] = [];
  steps$.subscribe({
    next: (step) => found.push(...startsOf(step)),
    error: (error: unknown) => {
      throw error as Error;
    },
  });
  return found;
};

describe('a window over windows', () => {
  it('W8: closes as far as the window above is closed, less its grace, when its rows have come', () => {
    const [above, window] = [runtime('tens'), runtime('slides')];
    const told$ = new Subject<Told>();
    const tally = openTally();
    const context = { above: [above], tally, hold$: of(false), ticks$: () => EMPTY };
    const found = outcome(upperFlow(told$, window, context));
    told$.next(rowsFor(window, busy(30, 40)));
    above.store.close(45_000);
    told$.next(CLOSED);
    // Above is closed up to 42 s; slides have 2 s of grace.
    expect(found).toEqual([
      [0, 1],
      [10, 2],
    ]);
    above.store.close(45_001);
    told$.next(CLOSED);
    expect(found).toHaveLength(2);
    expect(windowCounts(tally, 'slides')).toMatchObject({ merged: 2, emitted: 2 });
  });

  it('R1: closes at once what its state and the one above allow, although nothing comes', () => {
    const [above, window] = [runtime('tens'), runtime('slides')];
    const tally = openTally();
    upperFlow(of(rowsFor(window, busy(30))), window, {
      above: [above],
      tally,
      hold$: of(true),
      ticks$: () => EMPTY,
    }).subscribe();
    // A crash here: the rows were held back.
    above.store.close(Infinity);
    const context = { above: [above], tally, hold$: of(false), ticks$: () => EMPTY };
    expect(outcome(upperFlow(NEVER, window, context))).toEqual([
      [0, 1],
      [10, 1],
      [20, 1],
    ]);
  });

  it('R3: gives no row for windows that lack rows which the window above has not given', () => {
    const [above, window] = [runtime('tens'), runtime('slides')];
    above.store.startAt(12_000);
    above.store.close(Infinity);
    const context = { above: [above], tally: openTally(), hold$: of(false), ticks$: () => EMPTY };
    // [10, 20) begins before 12 s and has no row: slides that would hold it have none either.
    expect(
      outcome(upperFlow(from([rowsFor(window, busy(30, 40)), CLOSED]), window, context)),
    ).toEqual([
      [20, 2],
      [30, 1],
    ]);
  });

  it('fails when a row comes late: the window above would have been closed too early', () => {
    const [above, window] = [runtime('tens'), runtime('slides')];
    above.store.close(100_000);
    const context = { above: [above], tally: openTally(), hold$: of(false), ticks$: () => EMPTY };
    const flow$ = upperFlow(NEVER, window, context);
    flow$.subscribe().unsubscribe();
    const late: unknown[] = [];
    upperFlow(of(rowsFor(window, busy(30))), window, context).subscribe({
      error: (error: unknown) => late.push(error),
    });
    expect(String(late[0])).toContain('rows came late to slides');
  });

  it('R7: open windows are written as if the open windows above them closed now', async () => {
    const log: Log = [1, 2, 3, 11, 31].map((t) => ({ k: 'a', t, x: 5 }));
    const sinks = upperPlan.sinks.map((node) => ({
      ...node,
      connector: { ...node.connector, kind: 'sqlite' },
    }));
    const plan: Plan = { ...upperPlan, sinks };
    const durable = new Durable();
    const broker: Broker = { logs: [log], visible: [5], bounded: false, pollMs: 0, plan };
    const life = new Life(durable, broker, randomOf(1));
    life.start();
    while (life.parts.sources[0]?.positions.get(0)?.nextOffset !== 5) await life.step();
    life.stop();
    while (!life.ended) await life.step();
    const before = life.parts.windows.map(({ store }) => store.openGroups());
    const writing = { isDone: false };
    const written = lastValueFrom(provisionalRows(life.parts), { defaultValue: null });
    const done = written.finally(() => (writing.isDone = true));
    while (!writing.isDone) await life.step();
    await done;
    expect(durable.rows).toEqual(upperOracle([log]).rows);
    expect(life.parts.windows.map(({ store }) => store.openGroups())).toEqual(before);
  });
});
