import { describe, expect, it } from 'vitest';
import { plan as scenario } from '../graph/scenario.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import type { StartedPool } from '../pool/pool.ts';
import { closeThreads, openThreads, threadsFor } from './threads.ts';

const plan = (...bounded: boolean[]): Pick<Plan, 'sources'> =>
  ({ sources: bounded.map((each) => ({ bounded: each })) }) as unknown as Pick<Plan, 'sources'>;

describe('threadsFor', () => {
  it('leaves a core to the main thread when it has a log to read', () => {
    expect([1, 2, 4, 64].map((cores) => threadsFor(plan(false), cores))).toEqual([1, 1, 3, 8]);
    expect([1, 2, 4, 64].map((cores) => threadsFor(plan(true), cores))).toEqual([1, 2, 4, 8]);
    expect(threadsFor(plan(true, false), 4)).toBe(3);
  });
});

it('gives the plan to the pool that was started before there was one', async () => {
  const told: unknown[] = [];
  const port = {
    workers: 3,
    run: () => Promise.reject(new Error('none')),
    close: async () => void told.push('closed'),
  };
  const started: StartedPool = {
    open: ({ program, workers }) => {
      told.push((program as Plan).name, workers);
      return Promise.resolve(port);
    },
    close: port.close,
  };
  const threads = openThreads(scenario, { project: '.', workers: 3, pool: started });
  await expect((await threads).pool).resolves.toBe(port);
  await closeThreads(threads);
  expect(told).toEqual([scenario.name, 3, 'closed']);
});
