import fc from 'fast-check';
import { expect, it } from 'vitest';
import { residuesOf } from '../graph/residue.ts';
import { rowDedupOracle, rowDedupPlan } from '../graph/row-dedup-scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  liveThroughIdleness,
  liveToEnd,
  summed,
} from './crash-course.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

const none = { peaks: 0, rare: 0, calm: 0, marks: 0 };

/** L1 over all lives; nothing waits where all windows are closed. */
function expectBalanced(life: Life): void {
  const { tally, windows, dedups } = life.parts;
  expect(residuesOf(rowDedupPlan, tally, windows)).toEqual([]);
  expect(windowCounts(tally, 'wide').merged).toBe(rowCounts(tally.rows, 'marks').out);
  expect(dedups.map(({ waiting }) => waiting.size)).toEqual([0, 0, 0, 0]);
  expectDrained(life);
}

it('O2 W8 R1 L1: dedups of rows of windows leave the rows of the rules, whatever the frames, threads and crashes', async () => {
  const dropped = { ...none };
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { durable, life } = await liveToEnd(history, rowDedupPlan);
      const expected = rowDedupOracle(history.logs);
      const { tally } = life.parts;
      expect(durable.rows).toEqual(expected.rows);
      expect(durable.conflicts).toEqual([]);
      expect({ ...none, ...Object.fromEntries(tally.duplicates) }).toEqual(expected.duplicates);
      expect(rowCounts(tally.rows, 'peaks').failed).toBe(expected.failed);
      expect(durable.letters.size).toBeLessThanOrEqual(expected.failed);
      expectBalanced(life);
      failed += expected.failed;
      for (const name of Object.keys(none) as (keyof typeof none)[]) {
        dropped[name] += expected.duplicates[name];
      }
    }),
    { numRuns: 100 },
  );
  for (const count of Object.values(dropped)) expect(count).toBeGreaterThan(3);
  expect(failed).toBeGreaterThan(2);
}, 60_000);

it('O2 T5: what idleness closes passes a dedup once, and in the order of its windows', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { durable, life } = await liveThroughIdleness(history, rowDedupPlan);
      expect(durable.conflicts).toEqual([]);
      expectBalanced(life);
      const { rows } = durable;
      expect(summed(rows, 'slides', 4)).toBe(summed(rows, 'peaks', 3) * 3);
      const lasts = new Map<string, number>();
      const marks = rows.filter((row) => row.startsWith('marks ')).map((row) => row.split(' '));
      const ends = marks.map(([, k, start, n, size]) => ({
        key: `${String(k)} ${String(n)}`,
        end: Number(start) + (size === 'ones' ? 10 : 20),
      }));
      for (const { key, end } of ends.toSorted((a, b) => a.end - b.end)) {
        const last = lasts.get(key);
        if (last !== undefined) expect(end - last).toBeGreaterThanOrEqual(30);
        lasts.set(key, end);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
