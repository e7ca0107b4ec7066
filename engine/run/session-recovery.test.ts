import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { sessionOracle, sessionPlan } from '../graph/session-scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { crashes, isAllClosed, lengths, live, produce } from './crash-course.fixture.ts';
import { Durable, randomOf } from './crash-durable.fixture.ts';
import type { Life } from './crash-world.fixture.ts';

const total = (logs: readonly Log[]): number => lengths(logs).reduce((sum, each) => sum + each, 0);

/** Letters of late records, `stage partition@offset`; each must hold its own record. */
function lateOf({ letters }: Durable, logs: readonly Log[], code: string): string[] {
  const found = [...letters.values()].filter((letter) => letter.code === code);
  return found
    .map(({ stage, partition, offset, value }) => {
      expect(JSON.parse(new TextDecoder().decode(value))).toEqual(logs[partition]?.[offset]);
      return `${stage} ${partition}@${offset}`;
    })
    .sort();
}

/** L1 over all lives: in = merged + late, and rows go into the stage below. */
function expectBalanced({ parts: { tally, acks, ledger } }: Life, records: number): void {
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
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

describe('sessions', () => {
  it('W6 W8 R1 L1: rows and late records are those of the rules, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const plan = sessionPlan;
        const broker = { logs, visible: lengths(logs), bounded: true, pollMs: 0, plan };
        const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
        await life.finish(true);
        const expected = sessionOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(lateOf(durable, logs, 'LATE')).toEqual(expected.late);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('W6 T5 W4: never changes a session that idleness let out, and what it makes late is a letter', async () => {
    let idle = 0;
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const random = randomOf(seed);
        const visible = logs.map(() => 0);
        const broker = { logs, visible, bounded: false, pollMs: 20_000, plan: sessionPlan };
        const life = await live(durable, broker, {
          crashes: after,
          random,
          meanwhile: () => produce(broker, random),
          until: ({ parts }) => random() < 0.05 && isAllClosed(parts, logs),
        });
        await life.finish(false);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
        const letters = lateOf(durable, logs, 'LATE_IDLE');
        for (const name of ['visits', 'firsts']) {
          const { lateIdle } = windowCounts(life.parts.tally, name);
          idle += lateIdle;
          // A record may be reported and then, after a crash, be in time: at least once.
          const found = letters.filter((letter) => letter.startsWith(`${name} `));
          expect(found.length).toBeGreaterThanOrEqual(lateIdle);
        }
      }),
      { numRuns: 100 },
    );
    expect(idle).toBeGreaterThan(5);
  }, 60_000);
});
