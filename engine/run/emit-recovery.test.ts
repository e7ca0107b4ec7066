import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitOracle, emitPlan } from '../graph/emit-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { anyLogs } from '../graph/scenario.fixture.ts';
import { windowCounts } from '../graph/tally.ts';
import { crashes, isAllClosed, lengths, live, produce } from './crash-course.fixture.ts';
import { Durable, randomOf } from './crash-durable.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

/** L1: provisional rows are in no count. */
function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: Life): void {
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  for (const name of ['tens', 'slides']) {
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

describe('rows before they are final', () => {
  it('W5 R1 L1: are replaced by the final ones, whatever the clock, frames, threads and crashes', async () => {
    let replaced = 0;
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const plan = emitPlan;
        const broker = { logs, visible: lengths(logs), bounded: true, pollMs: 0, plan };
        const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
        await life.finish(true);
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
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const random = randomOf(seed);
        const visible = logs.map(() => 0);
        const broker = { logs, visible, bounded: false, pollMs: 20_000, plan: emitPlan };
        const life = await live(durable, broker, {
          crashes: after,
          random,
          meanwhile: () => produce(broker, random),
          until: ({ parts }) => random() < 0.05 && isAllClosed(parts, logs),
        });
        await life.finish(false);
        expectBalanced(life);
        // What stands counts every record that is in a window, once.
        const counted = [...durable.table.values()]
          .filter((row) => row.startsWith('tens '))
          .reduce((sum, row) => sum + Number(row.split(' ')[3]), 0);
        expect(counted).toBe(windowCounts(life.parts.tally, 'tens').merged);
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
