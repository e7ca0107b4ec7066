import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dedupOracle, dedupPlan } from '../graph/dedup-scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  lettersOf,
  liveThroughIdleness,
  liveToEnd,
  total,
} from './crash-course.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1 over all lives: in = out + filtered + duplicate + dead-lettered, for every stage. */
function expectBalanced(life: Life, records: number): void {
  const { tally } = life.parts;
  expect(tally.records.get('readings') ?? 0).toBe(records);
  const once = rowCounts(tally.rows, 'once');
  expect(once.in).toBe(records);
  for (const name of ['once', 'rare']) {
    const { in: into, out, filtered, failed } = rowCounts(tally.rows, name);
    expect(into).toBe(out + filtered + failed + (tally.duplicates.get(name) ?? 0));
  }
  expect(rowCounts(tally.rows, 'rare').in).toBe(once.out);
  const fed = { beside: records, tens: once.out, slides: rowCounts(tally.rows, 'rare').out };
  for (const [name, into] of Object.entries(fed)) {
    const { merged, late, lateIdle } = windowCounts(tally, name);
    expect(merged + late + lateIdle).toBe(into);
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  const late = ['beside', 'tens', 'slides'].map((name) => windowCounts(tally, name).late);
  expect(tally.letters.get('LATE') ?? 0).toBe(late.reduce((sum, each) => sum + each));
  expect(tally.letters.get('EXPRESSION') ?? 0).toBe(once.failed);
  expect(tally.written.get('rows') ?? 0).toBe(tally.sinks.get('rows')?.out ?? 0);
  expectDrained(life);
}

describe('a run with dedups', () => {
  it('O2 R1 L1 W2: rows, letters and counts are those of a naive run, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveToEnd(history, dedupPlan);
        const expected = dedupOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(lettersOf(durable, logs)).toEqual(expected.letters);
        expect({ once: 0, rare: 0, ...Object.fromEntries(life.parts.tally.duplicates) }).toEqual(
          expected.duplicates,
        );
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('O2 T5 W4: idle partitions change no duplicate and no row, and what they make late is a letter', async () => {
    let idle = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveThroughIdleness(history, dedupPlan);
        const expected = dedupOracle(logs);
        expect(durable.conflicts).toEqual([]);
        expect(durable.rows.filter((row) => row.startsWith('rows'))).toEqual(
          expected.rows.filter((row) => row.startsWith('rows')),
        );
        expect({ once: 0, rare: 0, ...Object.fromEntries(life.parts.tally.duplicates) }).toEqual(
          expected.duplicates,
        );
        expectBalanced(life, total(logs));
        const letters = lettersOf(durable, logs);
        for (const name of ['tens', 'slides']) {
          const { lateIdle } = windowCounts(life.parts.tally, name);
          idle += lateIdle;
          // A record may be reported and then, after a crash, be in time: at least once.
          const found = letters.filter((letter) => letter.startsWith(`LATE_IDLE ${name} `));
          expect(found.length).toBeGreaterThanOrEqual(lateIdle);
        }
      }),
      { numRuns: 100 },
    );
    expect(idle).toBeGreaterThan(5);
  }, 60_000);
});
