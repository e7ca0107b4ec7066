import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitOracle, emitPlan } from '../graph/emit-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import type { Log } from '../graph/scenario.fixture.ts';
import { windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  liveThroughIdleness,
  liveToEnd,
  summed,
} from './crash-course.fixture.ts';
import type { Durable } from './crash-durable.fixture.ts';
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

/** Whether each record of a row of tens is a letter too. */
function isReported(row: string, logs: readonly Log[], { letters }: Durable): boolean {
  const [, key, start] = row.split(' ');
  const reported = [...letters.values()].filter(({ stage }) => stage === 'tens');
  const records = logs.flatMap((log, partition) =>
    log.flatMap(({ k, t }, offset) =>
      JSON.stringify(k ?? 'none') === key && Math.floor(t / 10) * 10 === Number(start)
        ? [{ partition, offset }]
        : [],
    ),
  );
  return records.every((record) =>
    reported.some((each) => each.partition === record.partition && each.offset === record.offset),
  );
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
        // What stands counts every record that is in a window, once; but a row that was given before
        // a crash may stand for good if what it counts came late by idleness afterwards, all of it.
        const rows = [...durable.table.values()];
        const orphans = rows.filter((row) => isReported(row, history.logs, durable));
        const { merged } = windowCounts(life.parts.tally, 'tens');
        expect(summed(rows, 'tens', 3)).toBeGreaterThanOrEqual(merged);
        expect(summed(rows, 'tens', 3) - summed(orphans, 'tens', 3)).toBeLessThanOrEqual(merged);
      }),
      {
        numRuns: 30,
        // A row was given, its record not yet in a snapshot; after the crash idleness came first.
        examples: [[{ logs: orphaned, after: [39], seed: -4 }]],
      },
    );
  }, 120_000);
});

const orphaned: Log[] = [
  [
    { k: 'a', t: 35, x: 0 },
    { k: 'a', t: 38, x: 0 },
  ],
  [{ k: 'a', t: 20, x: 0 }],
];
