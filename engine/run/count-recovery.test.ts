import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOracle, countPlan } from '../graph/count-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { windowCounts } from '../graph/tally.ts';
import { crashes, lengths, live, produce } from './crash-course.fixture.ts';
import { Durable, randomOf } from './crash-durable.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

const COUNTED = ['threes', 'pairs', 'joined', 'slots'];

/** L1 over all lives; no record is ever late. */
function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: Life): void {
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  for (const name of COUNTED) {
    const { late, lateIdle } = windowCounts(tally, name);
    expect([late, lateIdle]).toEqual([0, 0]);
  }
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

const isRead = ({ sources }: Life['parts'], logs: readonly Log[]): boolean =>
  logs.every(({ length }, p) => (sources[0]?.positions.get(p)?.nextOffset ?? 0) === length);

describe('counted windows', () => {
  it('W7 W8 O1 R1 L1: rows are those of the rule, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const plan = countPlan;
        const broker = { logs, visible: lengths(logs), bounded: true, pollMs: 0, plan };
        const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
        await life.finish(true);
        expect(durable.rows).toEqual(countOracle(logs, true));
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
        for (const { store } of life.parts.windows) expect(store.openGroups().groups).toBe(0);
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  it('W7 T5: idleness closes none, and without an end no row is of fewer records', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const random = randomOf(seed);
        const visible = logs.map(() => 0);
        const broker = { logs, visible, bounded: false, pollMs: 20_000, plan: countPlan };
        const life = await live(durable, broker, {
          crashes: after,
          random,
          meanwhile: () => produce(broker, random),
          until: ({ parts }) => random() < 0.05 && isRead(parts, logs),
        });
        await life.finish(false);
        const rows = durable.rows.filter((row) => !row.startsWith('count_slots '));
        expect(rows).toEqual(countOracle(logs, false));
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life);
      }),
      { numRuns: 80 },
    );
  }, 120_000);
});
