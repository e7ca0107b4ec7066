import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residuesOf } from '../graph/residue.ts';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { unionOracle, unionPlan } from '../graph/union-scenario.fixture.ts';
import { randomOf } from '../core/random.ts';
import { Lasting, type UnionLife, type World, lives } from './union-world.fixture.ts';

const bothLogs = fc.record({ a: anyLogs, b: anyLogs });
const crashes = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 4 });

/** In the order of plan.sources. */
const worldOf = (
  { a, b }: { a: readonly Log[]; b: readonly Log[] },
  { bounded }: { bounded: boolean },
): World => ({
  ...{ plan: unionPlan, logs: [b, a], bounded, pollMs: bounded ? 0 : 15_000 },
  visible: [b, a].map((logs) => logs.map(({ length }) => (bounded ? length : 0))),
});

/** L1 over all lives. */
function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: UnionLife): void {
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

describe('unions of several sources and of windows', () => {
  it('T4 T7 W2 W3 W6 W8 O1 R1 L1: rows are those of the rules, whatever the frames, interleaving, threads and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(bothLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const lasting = new Lasting();
        const world = worldOf(logs, { bounded: true });
        const life = await lives(world, lasting, { crashes: after, random: randomOf(seed) });
        const expected = unionOracle(logs);
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
      fc.asyncProperty(bothLogs, crashes, fc.integer(), async (logs, after, seed) => {
        // A source that never had a record has no time, and holds the windows over its windows open.
        fc.pre(logs.a.flat().length > 0 && logs.b.flat().length > 0);
        const lasting = new Lasting();
        const random = randomOf(seed);
        const world = worldOf(logs, { bounded: false });
        const isRead = ({ parts }: UnionLife): boolean =>
          parts.sources.every(({ positions }, source) =>
            world.logs[source]?.every(
              ({ length }, partition) => (positions.get(partition)?.nextOffset ?? 0) === length,
            ),
          );
        const life = await lives(world, lasting, {
          ...{ crashes: after, random },
          meanwhile: () => write(world, random),
          until: (one) =>
            random() < 0.05 &&
            isRead(one) &&
            one.parts.windows.every(({ store }) => store.openGroups().groups === 0),
        });
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
    const world: World = {
      ...{ plan: unionPlan, logs: [[far], [far]], bounded: true, pollMs: 0 },
      visible: [[200], [200]],
    };
    const drifts: number[] = [];
    const lasting = new Lasting();
    await lives(world, lasting, {
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
    expect(lasting.rows).toEqual(unionOracle({ a: [far], b: [far] }).rows);
  });
});

/** Now and then a record is written to a log. */
function write({ logs, visible }: World, random: () => number): void {
  const source = Math.floor(random() * logs.length);
  const partition = Math.floor(random() * (logs[source]?.length ?? 0) * 2);
  const [log, readable] = [logs[source]?.[partition], visible[source]];
  if (log === undefined || readable === undefined) return;
  readable[partition] = Math.min(log.length, (readable[partition] ?? 0) + 1);
}
