import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residuesOf } from '../graph/residue.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { upperOracle, upperPlan } from '../graph/upper-scenario.fixture.ts';
import {
  expectDrained,
  histories,
  liveThroughIdleness,
  liveToEnd,
  summed,
} from './crash-course.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1 over all lives: what comes out of a stage goes into the one below it. */
function expectBalanced(life: Life): void {
  const { plan, tally, windows } = life.parts;
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  const busy = rowCounts(tally.rows, 'busy');
  expect(busy.in).toBe(windowCounts(tally, 'tens').emitted);
  expect(busy.in).toBe(busy.out + busy.filtered + busy.failed);
  expect(windowCounts(tally, 'slides').merged).toBe(busy.out);
  expect(windowCounts(tally, 'wide').merged).toBe(windowCounts(tally, 'slides').emitted);
  for (const name of ['tens', 'slides', 'wide']) {
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  expect(tally.letters.get('EXPRESSION') ?? 0).toBe(busy.failed);
  expectDrained(life);
}

describe('windows over windows', () => {
  it('W8 R1 R2 L1: rows are those of the rules, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveToEnd(history, upperPlan);
        const expected = upperOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(durable.conflicts).toEqual([]);
        expect(rowCounts(life.parts.tally.rows, 'busy').failed).toBe(expected.failed);
        expectBalanced(life);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('W8 T5: what idleness closes above is taken in once, and never changes a row below', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { durable, life } = await liveThroughIdleness(history, upperPlan);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
        // Every record that counts above counts in three slides, and each of those in one row of wide.
        const { rows } = durable;
        expect(summed(rows, 'slides', 4)).toBe(summed(rows, 'busy', 3) * 3);
        expect(summed(rows, 'wide', 4)).toBe(summed(rows, 'slides', 4));
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
