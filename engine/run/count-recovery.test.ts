import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOracle, countPlan } from '../graph/count-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  liveThroughIdleness,
  liveToEnd,
} from './crash-course.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1 over all lives; no record is ever late. */
function expectBalanced(life: Life): void {
  const { plan, tally, windows } = life.parts;
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  for (const name of ['threes', 'pairs', 'joined', 'mixed', 'late', 'slots']) {
    const { late, lateIdle } = windowCounts(tally, name);
    expect([late, lateIdle]).toEqual([0, 0]);
  }
  expectDrained(life);
}

describe('counted windows', () => {
  it('W7 W8 O1 R1 L1: rows are those of the rule, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { durable, life } = await liveToEnd(history, countPlan);
        expect(durable.rows).toEqual(countOracle(history.logs, true));
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
        for (const { store } of life.parts.windows) expect(store.openGroups().groups).toBe(0);
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  it('W7 T5: idleness closes none, and without an end no row is of fewer records', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { durable, life } = await liveThroughIdleness(history, countPlan);
        const rows = durable.rows.filter((row) => !row.startsWith('count_slots '));
        expect(rows).toEqual(countOracle(history.logs, false));
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
      }),
      { numRuns: 80 },
    );
  }, 120_000);
});
