import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLogs } from '../graph/scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { upperOracle, upperPlan } from '../graph/upper-scenario.fixture.ts';
import { crashes, isAllClosed, lengths, live, produce } from './crash-course.fixture.ts';
import { Durable, randomOf } from './crash-durable.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1 over all lives: what comes out of a stage goes into the one below it. */
function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: Life): void {
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
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

describe('windows over windows', () => {
  it('W8 R1 R2 L1: rows are those of the rules, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const plan = upperPlan;
        const broker = { logs, visible: lengths(logs), bounded: true, pollMs: 0, plan };
        const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
        await life.finish(true);
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
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const random = randomOf(seed);
        const visible = logs.map(() => 0);
        const broker = { logs, visible, bounded: false, pollMs: 20_000, plan: upperPlan };
        const life = await live(durable, broker, {
          crashes: after,
          random,
          meanwhile: () => produce(broker, random),
          until: ({ parts }) => random() < 0.05 && isAllClosed(parts, logs),
        });
        await life.finish(false);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
        // Every record that counts above counts in three slides, and each of those in one row of wide.
        const records = (name: string, at: number): number =>
          durable.rows
            .filter((row) => row.startsWith(`${name} `))
            .reduce((sum, row) => sum + Number(row.split(' ')[at]), 0);
        expect(records('slides', 4)).toBe(records('busy', 3) * 3);
        expect(records('wide', 4)).toBe(records('slides', 4));
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
