import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dedupUnionOracle, dedupUnionPlan } from '../graph/dedup-union-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  lettersOf,
  liveThroughIdleness,
  liveToEnd,
} from './crash-course.fixture.ts';

const none = { once: 0, rare: 0, pair: 0 };

it('O2 R1 L1 W2: unions around dedups give the rows, letters and counts of a naive run, whatever the frames, threads, order of replies and crashes', async () => {
  let duplicates = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { logs } = history;
      const { durable, life } = await liveToEnd(history, dedupUnionPlan);
      const { tally, windows } = life.parts;
      const expected = dedupUnionOracle(logs);
      expect(durable.rows).toEqual(expected.rows);
      expect(lettersOf(durable, logs)).toEqual(expected.letters);
      expect({ ...none, ...Object.fromEntries(tally.duplicates) }).toEqual(expected.duplicates);
      expect(durable.conflicts).toEqual([]);
      expect(residuesOf(dedupUnionPlan, tally, windows)).toEqual([]);
      expectDrained(life);
      duplicates += expected.duplicates.rare;
    }),
    { numRuns: 150 },
  );
  expect(duplicates).toBeGreaterThan(100);
}, 60_000);

it('O2 T5 W4: idleness changes no duplicate behind a union, and what it makes late is a letter', async () => {
  let idle = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { logs } = history;
      const { durable, life } = await liveThroughIdleness(history, dedupUnionPlan);
      const { tally, windows } = life.parts;
      const expected = dedupUnionOracle(logs);
      const isOfRecord = (row: string): boolean => row.startsWith('rows ');
      expect(durable.rows.filter(isOfRecord)).toEqual(expected.rows.filter(isOfRecord));
      expect(durable.conflicts).toEqual([]);
      expect(residuesOf(dedupUnionPlan, tally, windows)).toEqual([]);
      expect({ ...none, ...Object.fromEntries(tally.duplicates) }).toEqual(expected.duplicates);
      const letters = lettersOf(durable, logs);
      for (const name of ['tens', 'slides', 'pairs']) {
        const { late, lateIdle } = windowCounts(tally, name);
        idle += lateIdle;
        // At least once: a record may be reported and then, after a crash, be in time.
        const found = letters.filter((letter) => letter.startsWith(`LATE_IDLE ${name} `));
        expect(found.length).toBeGreaterThanOrEqual(lateIdle);
        const own = letters.filter((letter) => letter.startsWith(`LATE ${name} `));
        expect(own.length).toBeGreaterThanOrEqual(late);
      }
    }),
    { numRuns: 100 },
  );
  expect(idle).toBeGreaterThan(5);
}, 60_000);
