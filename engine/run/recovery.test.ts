import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Log, oracle } from '../graph/scenario.fixture.ts';
import { randomOf } from '../core/random.ts';
import { windowCounts } from '../graph/tally.ts';
import {
  expectDrained,
  histories,
  isAllClosed,
  liveThroughIdleness,
  liveToEnd,
  summed,
  total,
} from './crash-course.fixture.ts';
import { Durable } from './crash-durable.fixture.ts';
import { Life } from './crash-world.fixture.ts';

describe('a run that crashes', () => {
  it('R1 R2 R6: leaves the rows and dead letters of a run that does not', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveToEnd(history);
        const expected = oracle(logs);
        expect(durable.lettersOf('LATE')).toEqual(expected.late);
        expect(durable.rows).toEqual(expected.rows);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('T5 W4: never changes a row that idleness let out, and counts every record once', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life } = await liveThroughIdleness(history);
        expect(durable.conflicts).toEqual([]);
        expectBalanced(life, total(logs));
        const counts = windowCounts(life.parts.tally, 'tens');
        expect(summed(durable.table.values(), 'tens', 3)).toBe(counts.merged);
        const { late, lateIdle } = counts;
        const letters = [...durable.lettersOf('LATE'), ...durable.lettersOf('LATE_IDLE')];
        // A record may be reported and then, after a crash, be in time: at least once.
        expect(letters.length).toBeGreaterThanOrEqual(late + lateIdle);
      }),
      {
        numRuns: 100,
        // A condemned window left by the settled frontier before its snapshot.
        examples: [[{ logs: earlyExit, after: [11, 54], seed: -15 }]],
      },
    );
  }, 60_000);

  it('T5: closes what a snapshot has condemned, although nothing else comes', async () => {
    const log: Log = [{ k: 'a', t: 1, x: 1 }];
    let found = 0;
    for (let seed = 0; seed < 60; seed++) {
      const durable = new Durable();
      const broker = { logs: [log], visible: [1], bounded: false, pollMs: 10_000 };
      const life = new Life(durable, broker, randomOf(seed));
      life.start();
      while (!isCondemned(durable)) await life.step();
      life.crash();
      if (durable.table.has('tens "a" 0')) continue;
      found++;
      const silent = { ...broker, isSilent: true };
      const next = new Life(durable, silent, randomOf(seed));
      next.start();
      for (let i = 0; i < 60; i++) await next.step();
      expect([...durable.table.values()]).toContain('tens "a" 0 1 1 1 1');
    }
    expect(found).toBeGreaterThan(5);
  });

  it('T5: a partition that was idle before the crash is waited for after it', async () => {
    const logs: Log[] = [
      [
        { k: 'a', t: 1, x: 1 },
        { k: 'a', t: 80, x: 1 },
      ],
      [
        { k: 'b', t: 1, x: 1 },
        { k: 'b', t: 40, x: 1 },
      ],
    ];
    for (let seed = 0; seed < 60; seed++) {
      const durable = new Durable();
      const broker = { logs, visible: [1, 1], bounded: false, pollMs: 10_000 };
      const random = randomOf(seed);
      const life = new Life(durable, broker, random);
      life.start();
      const isIdle = (): boolean => life.parts.sources[0]?.clock.idle().length === 2;
      while (!isIdle()) await life.step();
      await life.finish(false);
      life.crash();
      // While nobody reads, the log of both goes on.
      broker.visible.splice(0, 2, 2, 2);
      const next = new Life(durable, broker, random);
      next.start();
      while (!isAllClosed(next.parts, logs)) await next.step();
      expect(windowCounts(next.parts.tally, 'tens').lateIdle).toBe(0);
    }
  });
});

const at = (t: number): Log[number] => ({ k: 'a', t, x: 0 });
const earlyExit: Log[] = [
  [at(18), at(0)],
  [at(0), at(0), at(0), at(0), at(10)],
];

/** Whether the last snapshot holds a forced frontier that ends the first window of tens. */
function isCondemned({ snapshot }: Durable): boolean {
  const windows = (
    snapshot?.header as { windows?: Record<string, { parts: unknown[] }> } | undefined
  )?.windows;
  const [part] = windows?.['tens']?.parts ?? [];
  const instants = (part as { header?: { instants: unknown[] } } | undefined)?.header?.instants;
  return Number(instants?.[2]) >= 13_000;
}

/** L1 over all lives: every record counts once. */
function expectBalanced(life: Life, records: number): void {
  const { tally } = life.parts;
  expect(tally.records.get('readings') ?? 0).toBe(records);
  for (const name of ['tens', 'slides']) {
    const { merged, late, lateIdle } = windowCounts(tally, name);
    expect(merged + late + lateIdle).toBe(records);
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  expect(tally.letters.get('LATE') ?? 0).toBe(windowCounts(tally, 'tens').late);
  expect(tally.written.get('rows') ?? 0).toBe(tally.sinks.get('rows')?.out ?? 0);
  expectDrained(life);
}
