import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dedupOracle, dedupPlan } from '../graph/dedup-scenario.fixture.ts';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { rowCounts, windowCounts } from '../graph/tally.ts';
import { Durable, randomOf } from './crash-durable.fixture.ts';
import { type Broker, Life } from './crash-world.fixture.ts';

interface Course {
  /** Steps after which lives crash; the last life is not one of them. */
  readonly crashes: readonly number[];
  readonly random: () => number;
  /** Before every step. */
  readonly meanwhile?: () => void;
  /** When the last life is told to stop. */
  readonly until?: (life: Life) => boolean;
}

/** Runs lives over one world until the last comes to its end. */
async function live(durable: Durable, broker: Broker, course: Course): Promise<Life> {
  const { random, meanwhile, until } = course;
  for (const steps of [...course.crashes, 5000]) {
    const life = new Life(durable, broker, random);
    life.start();
    for (let i = 0; i < steps && !life.ended; i++) {
      meanwhile?.();
      if (random() < 0.1) life.tick();
      if (steps === 5000 && until?.(life) === true) life.stop();
      await life.step();
    }
    if (steps === 5000 && life.ended) return life;
    life.crash();
  }
  throw new Error('the run does not come to an end');
}

const crashes = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 });
const lengths = (logs: readonly Log[]): number[] => logs.map((log) => log.length);

/** All letters, `CODE stage partition@offset`; each must hold its own record. */
function lettersOf({ letters }: Durable, logs: readonly Log[]): string[] {
  return Array.from(letters.values(), ({ code, stage, partition, offset, value }) => {
    expect(JSON.parse(new TextDecoder().decode(value))).toEqual(logs[partition]?.[offset]);
    return `${code} ${stage} ${partition}@${offset}`;
  }).sort();
}

/** L1 over all lives: in = out + filtered + duplicate + dead-lettered, for every stage. */
function expectBalanced({ parts: { tally, acks, ledger } }: Life, records: number): void {
  expect(tally.records.get('readings') ?? 0).toBe(records);
  const once = rowCounts(tally, 'once');
  expect(once.in).toBe(records);
  for (const name of ['once', 'rare']) {
    const { in: into, out, filtered, failed } = rowCounts(tally, name);
    expect(into).toBe(out + filtered + failed + (tally.duplicates.get(name) ?? 0));
  }
  expect(rowCounts(tally, 'rare').in).toBe(once.out);
  const fed = { beside: records, tens: once.out, slides: rowCounts(tally, 'rare').out };
  for (const [name, into] of Object.entries(fed)) {
    const { merged, late, lateIdle } = windowCounts(tally, name);
    expect(merged + late + lateIdle).toBe(into);
    expect(tally.written.get(name) ?? 0).toBe(windowCounts(tally, name).emitted);
  }
  const late = ['beside', 'tens', 'slides'].map((name) => windowCounts(tally, name).late);
  expect(tally.letters.get('LATE') ?? 0).toBe(late.reduce((sum, each) => sum + each));
  expect(tally.letters.get('EXPRESSION') ?? 0).toBe(once.failed);
  expect(tally.written.get('rows') ?? 0).toBe(tally.rows.get('rows')?.out ?? 0);
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

describe('a run with dedups', () => {
  it('O2 R1 L1 W2: rows, letters and counts are those of a naive run, whatever the frames, threads, order of replies and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const plan = dedupPlan;
        const broker = { logs, visible: lengths(logs), bounded: true, pollMs: 0, plan };
        const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
        await life.finish(true);
        const expected = dedupOracle(logs);
        expect(durable.rows).toEqual(expected.rows);
        expect(lettersOf(durable, logs)).toEqual(expected.letters);
        expect({ once: 0, rare: 0, ...Object.fromEntries(life.parts.tally.duplicates) }).toEqual(
          expected.duplicates,
        );
        expect(durable.conflicts).toEqual([]);
        expectBalanced(
          life,
          lengths(logs).reduce((sum, each) => sum + each, 0),
        );
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('O2 T5 W4: idle partitions change no duplicate and no row, and what they make late is a letter', async () => {
    let idle = 0;
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async (logs, after, seed) => {
        const durable = new Durable();
        const random = randomOf(seed);
        const visible = logs.map(() => 0);
        const broker = { logs, visible, bounded: false, pollMs: 20_000, plan: dedupPlan };
        const life = await live(durable, broker, {
          crashes: after,
          random,
          meanwhile: () => {
            const partition = Math.floor(random() * logs.length * 3);
            const log = logs[partition];
            if (log !== undefined && visible[partition]! < log.length) visible[partition]!++;
          },
          until: ({ parts }) => random() < 0.05 && isAllClosed(parts, logs),
        });
        await life.finish(false);
        const expected = dedupOracle(logs);
        expect(durable.conflicts).toEqual([]);
        expect(durable.rows.filter((row) => row.startsWith('rows'))).toEqual(
          expected.rows.filter((row) => row.startsWith('rows')),
        );
        expect({ once: 0, rare: 0, ...Object.fromEntries(life.parts.tally.duplicates) }).toEqual(
          expected.duplicates,
        );
        expectBalanced(
          life,
          lengths(logs).reduce((sum, each) => sum + each, 0),
        );
        const letters = lettersOf(durable, logs);
        for (const name of ['tens', 'slides']) {
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

const isAllClosed = ({ sources, windows }: Life['parts'], logs: readonly Log[]): boolean =>
  logs.every(({ length }, p) => (sources[0]?.positions.get(p)?.nextOffset ?? 0) === length) &&
  windows.every(({ store }) => store.openGroups().groups === 0);
