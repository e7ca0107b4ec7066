import { describe, expect, it } from 'vitest';
import type { BenchRow } from '../../../engine/bench/expected-rows.ts';
import { verdictOf } from './verdict.ts';

const MINUTE = 60_000;
const row = (minute: number, n = 2): BenchRow => ({
  ...{ name: 'a', window_start: minute * MINUTE, n },
  ...{ avg_temp: 1, var_temp: 0, max_temp: 1 },
});
const expected = [row(0), row(1)];
/** The first minute has passed, the second has not. */
const last = { lastMs: MINUTE + 30_000, windowMs: MINUTE };

describe('the verdict on the rows of a peer', () => {
  it('is that all are there', () => {
    expect(verdictOf(expected, expected, last)).toBe('all rows');
  });

  it('leaves out windows that are open at the end, and says so', () => {
    expect(verdictOf([row(0)], expected, last)).toBe('closed windows');
    expect(verdictOf([row(0, 1)], expected, last)).toContain('WRONG');
    expect(verdictOf([], expected, last)).toContain('WRONG');
  });

  it('is not that rows are right where there were none to compare', () => {
    expect(verdictOf([], expected, { ...last, lastMs: 30_000 })).toBe(
      'none closed: nothing compared',
    );
  });
});
