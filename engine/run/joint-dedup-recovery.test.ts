import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jointDedupOracle, jointDedupPlan } from '../graph/joint-dedup-scenario.fixture.ts';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import {
  bothLogs,
  expectBalanced,
  historiesOf,
  liveThroughIdleness,
  liveToEnd,
} from './union-course.fixture.ts';
import type { Lasting } from './union-world.fixture.ts';

/** Records that are duplicates of each other, now in one source and now in the other. */
const likeLog = fc.array(
  fc.integer({ min: 0, max: 60 }).map((t) => ({ k: 'a', t, x: 5 })),
  { minLength: 1, maxLength: 12 },
);
const likeLogs = fc.record({
  a: likeLog.map((log): Log[] => [log]),
  b: likeLog.map((log): Log[] => [log]),
});
const histories = historiesOf(fc.oneof(bothLogs, likeLogs));

const lettersOf = ({ letters }: Lasting): string[] =>
  Array.from(letters.values(), ({ code, stage, source, partition, offset }) =>
    [code, stage, source, `${partition}@${offset}`].join(' '),
  ).sort();

const none = { both: 0, once: 0, mixed: 0, twice: 0 };

describe('dedups over several sources', () => {
  it('O2 W2 R1 R2 L1: leave the rows of the rules, whatever the frames, interleaving, threads and crashes', async () => {
    const dropped = { ...none };
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { lasting, life } = await liveToEnd(history, jointDedupPlan);
        const expected = jointDedupOracle(history.logs);
        expect(lasting.rows).toEqual(expected.rows);
        expect(lettersOf(lasting)).toEqual(expected.letters);
        expect(lasting.conflicts).toEqual([]);
        const { duplicates } = life.parts.tally;
        expect({ ...none, ...Object.fromEntries(duplicates) }).toEqual(expected.duplicates);
        expectBalanced(life);
        for (const name of Object.keys(none) as (keyof typeof none)[]) {
          dropped[name] += expected.duplicates[name];
        }
      }),
      { numRuns: 60 },
    );
    for (const count of Object.values(dropped)) expect(count).toBeGreaterThan(3);
  }, 120_000);

  it('O2 T5 R1: what idleness lets pass stays so over crashes, and every record is somewhere', async () => {
    let forced = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { lasting, life } = await liveThroughIdleness(history, jointDedupPlan);
        const { tally, dedups } = life.parts;
        expect(lasting.conflicts).toEqual([]);
        expectBalanced(life);
        // A record that passed before a crash and not after it would have left its row.
        for (const name of ['rows', 'mixed', 'twice']) {
          const rows = lasting.rows.filter((row) => row.startsWith(`${name} `));
          expect(rows).toHaveLength(tally.sinks.get(name)?.out ?? 0);
        }
        forced += dedups.filter(({ waiting }) => waiting.forcedUpTo > -Infinity).length;
      }),
      { numRuns: 80 },
    );
    expect(forced).toBeGreaterThan(20);
  }, 120_000);

  it('O2 T5 W4: nothing becomes late by waiting for a source that says nothing', async () => {
    const silent = anyLogs.map(([log = []]) => ({ a: [log], b: [[]] }));
    await fc.assert(
      fc.asyncProperty(historiesOf(silent), async (history) => {
        // All of the other is there from the beginning: only what has been read is idle.
        const { lasting } = await liveThroughIdleness(history, jointDedupPlan, { isThere: true });
        const expected = jointDedupOracle(history.logs);
        expect(lasting.rows).toEqual(expected.rows);
        expect(lettersOf(lasting)).toEqual(expected.letters);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
