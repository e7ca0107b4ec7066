import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitOracle, emitPlan } from '../graph/emit-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  liveThroughIdleness,
  liveToEnd,
  summed,
} from './crash-course.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1: provisional rows are in no count. */
function expectBalanced(life: Life): void {
  const { plan, tally, windows } = life.parts;
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  for (const name of ['tens', 'slides']) {
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  expectDrained(life);
}

describe('rows before they are final', () => {
  it('W5 R1 L1: are replaced by the final ones, whatever the clock, frames, threads and crashes', async () => {
    let replaced = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveToEnd(history, emitPlan);
        const expected = emitOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(durable.lettersOf('LATE')).toEqual(expected.late);
        replaced += durable.conflicts.length;
        expectBalanced(life);
      }),
      { numRuns: 50 },
    );
    expect(replaced).toBeGreaterThan(5);
  }, 120_000);

  it('W5 T5: also where idleness closes the windows', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { durable, life } = await liveThroughIdleness(history, emitPlan);
        expectBalanced(life);
        // What stands counts every record that is in a window, once.
        const counted = summed(durable.table.values(), 'tens', 3);
        expect(counted).toBe(windowCounts(life.parts.tally, 'tens').merged);
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
