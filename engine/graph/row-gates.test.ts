import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { randomOf } from '../core/random.ts';
import type { Plan } from '../plan/planner.ts';
import { Durable } from '../run/crash-durable.fixture.ts';
import { type Broker, Life } from '../run/crash-world.fixture.ts';
import { provisionalRows } from './build.ts';
import { rowDedupOracle, rowDedupPlan } from './row-dedup-scenario.fixture.ts';
import type { Log } from './scenario.fixture.ts';

it('O2 R7: rows that wait and those of open windows are written as a dedup would let them pass, which keeps none of it', async () => {
  const log: Log = [1, 2, 3, 11, 12, 31, 45, 46].map((t) => ({ k: 'a', t, x: 2 }));
  const sinks = rowDedupPlan.sinks.map((node) => ({
    ...node,
    connector: { ...node.connector, kind: 'sqlite' },
  }));
  const plan: Plan = { ...rowDedupPlan, sinks };
  const durable = new Durable();
  const broker: Broker = { logs: [log], visible: [8], bounded: false, pollMs: 0, plan };
  const life = new Life(durable, broker, randomOf(1));
  life.start();
  const { sources, dedups } = life.parts;
  while (sources[0]?.positions.get(0)?.nextOffset !== 8) await life.step();
  life.stop();
  while (!life.ended) await life.step();
  const kept = (): unknown[] =>
    dedups.map(({ waiting, state }) => [waiting.size, JSON.stringify(state.snapshot())]);
  const before = kept();
  // Before `marks`: two of `ones` have closed, but no `twos` that end as late.
  expect(dedups.map(({ waiting }) => waiting.size)).toEqual([0, 0, 0, 2]);
  const writing = { isDone: false };
  const written = lastValueFrom(provisionalRows(life.parts), { defaultValue: null });
  const done = written.finally(() => (writing.isDone = true));
  while (!writing.isDone) await life.step();
  await done;
  expect(durable.rows).toEqual(rowDedupOracle([log]).rows);
  expect(kept()).toEqual(before);
});
