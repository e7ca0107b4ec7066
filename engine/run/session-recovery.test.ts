import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionOracle, sessionPlan } from '../graph/session-scenario.fixture.ts';
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

/** L1 over all lives: in = merged + late, and rows go into the stage below. */
function expectBalanced(life: Life, records: number): void {
  const { tally } = life.parts;
  const fed = { visits: records, firsts: rowCounts(tally.rows, 'once').out, tens: records };
  for (const [name, into] of Object.entries(fed)) {
    const { merged, late, lateIdle } = windowCounts(tally, name);
    expect(merged + late + lateIdle).toBe(into);
  }
  expect(windowCounts(tally, 'halves').merged).toBe(windowCounts(tally, 'visits').emitted);
  expect(windowCounts(tally, 'steady').merged).toBe(windowCounts(tally, 'tens').emitted);
  for (const name of ['visits', 'firsts', 'halves', 'steady']) {
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  expectDrained(life);
}

describe('sessions', () => {
  it('W6 W8 R1 L1: rows and late records are those of the rules, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveToEnd(history, sessionPlan);
        const expected = sessionOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(lettersOf(durable, logs)).toEqual(expected.late.map((each) => `LATE ${each}`));
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('W6 T5 W4: never changes a session that idleness let out, and what it makes late is a letter', async () => {
    let idle = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveThroughIdleness(history, sessionPlan);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
        const letters = lettersOf(durable, logs);
        for (const name of ['visits', 'firsts']) {
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
