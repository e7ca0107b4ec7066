import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log } from '../graph/scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { unionOracle, unionPlan } from '../graph/union-scenario.fixture.ts';
import { randomOf } from '../core/random.ts';
import {
  bothLogs,
  expectBalanced,
  historiesOf,
  liveThroughIdleness,
  liveToEnd,
  worldOf,
} from './union-course.fixture.ts';
import { Lasting, lives } from './union-world.fixture.ts';

const histories = historiesOf(bothLogs);

describe('unions of several sources and of windows', () => {
  it('T4 T7 W2 W3 W6 W8 O1 R1 L1: rows are those of the rules, whatever the frames, interleaving, threads and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { lasting, life } = await liveToEnd(history, unionPlan);
        const expected = unionOracle(history.logs);
        expect(lasting.rows).toEqual(expected.rows);
        expect(lasting.lettersOf('LATE')).toEqual(expected.late);
        expect(lasting.conflicts).toEqual([]);
        expect(rowCounts(life.parts.tally.rows, 'items').failed).toBe(expected.failed);
        expectBalanced(life);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('T5 W4: what idleness closes over several sources is closed once, and every record is somewhere', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        // A source that never had a record has no time, and holds the windows over its windows open.
        fc.pre(logs.a.flat().length > 0 && logs.b.flat().length > 0);
        const { lasting, life } = await liveThroughIdleness(history, unionPlan);
        expect(lasting.conflicts).toEqual([]);
        expectBalanced(life);
        const { merged, late, lateIdle } = windowCounts(life.parts.tally, 'tens');
        const threes = logs.b.flat().filter(({ x }) => x === 3).length;
        expect(merged + late + lateIdle).toBe(logs.a.flat().length + logs.b.flat().length - threes);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('T6: a source that is far ahead of another is held back, and goes on when that has come near', async () => {
    const log = (times: readonly number[]): Log => times.map((t) => ({ k: 'a', t, x: 1 }));
    const far = log(Array.from({ length: 200 }, (_, i) => i * 5));
    const logs = { a: [far], b: [far] };
    const drifts: number[] = [];
    const lasting = new Lasting();
    await lives(worldOf(unionPlan, logs, { bounded: true }), lasting, {
      ...{ crashes: [], random: randomOf(7) },
      meanwhile: ({ parts, paused }) => {
        const [b, a] = parts.sources.map(({ clock }) => clock.maxOf(0) / 1000);
        if (a === undefined || b === undefined) return;
        // Ahead by more than max_drift: no frame of it begins to be read.
        if (a - b > 40) drifts.push(paused[1]?.length ?? 0);
      },
    });
    expect(drifts.length).toBeGreaterThan(0);
    expect(new Set(drifts)).toEqual(new Set([1]));
    expect(lasting.rows).toEqual(unionOracle(logs).rows);
  });
});
