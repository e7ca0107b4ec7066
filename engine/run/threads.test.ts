import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan/planner.ts';
import { threadsFor } from './threads.ts';

const plan = (...bounded: boolean[]): Pick<Plan, 'sources'> =>
  ({ sources: bounded.map((each) => ({ bounded: each })) }) as unknown as Pick<Plan, 'sources'>;

describe('threadsFor', () => {
  it('leaves a core to the main thread when it has a log to read', () => {
    expect([1, 2, 4, 64].map((cores) => threadsFor(plan(false), cores))).toEqual([1, 1, 3, 8]);
    expect([1, 2, 4, 64].map((cores) => threadsFor(plan(true), cores))).toEqual([1, 2, 4, 8]);
    expect(threadsFor(plan(true, false), 4)).toBe(3);
  });
});
