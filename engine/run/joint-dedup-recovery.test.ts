import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../core/random.ts';
import { jointDedupOracle, jointDedupPlan } from '../graph/joint-dedup-scenario.fixture.ts';
import { residuesOf } from '../graph/residue.ts';
import { type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { Lasting, type UnionLife, type World, lives } from './union-world.fixture.ts';

const bothLogs = fc.record({ a: anyLogs, b: anyLogs });
/** Records that are duplicates of each other, now in one source and now in the other. */
const likeLog = fc.array(
  fc.integer({ min: 0, max: 60 }).map((t) => ({ k: 'a', t, x: 5 })),
  { minLength: 1, maxLength: 12 },
);
const likeLogs = fc.record({
  a: likeLog.map((log): Log[] => [log]),
  b: likeLog.map((log): Log[] => [log]),
});
const anyOf = fc.oneof(bothLogs, likeLogs);
const crashes = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 4 });

/** In the order of plan.sources. */
const worldOf = (
  { a, b }: { a: readonly Log[]; b: readonly Log[] },
  { bounded }: { bounded: boolean },
): World => ({
  ...{ plan: jointDedupPlan, logs: [b, a], bounded, pollMs: bounded ? 0 : 15_000 },
  visible: [b, a].map((logs) => logs.map(({ length }) => (bounded ? length : 0))),
});

/** L1 over all lives. */
function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: UnionLife): void {
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}

const lettersOf = ({ letters }: Lasting): string[] =>
  Array.from(letters.values(), ({ code, stage, source, partition, offset }) =>
    [code, stage, source, `${partition}@${offset}`].join(' '),
  ).sort();

const none = { both: 0, once: 0, mixed: 0, twice: 0 };

describe('dedups over several sources', () => {
  it('O2 W2 R1 R2 L1: leave the rows of the rules, whatever the frames, interleaving, threads and crashes', async () => {
    const dropped = { ...none };
    await fc.assert(
      fc.asyncProperty(anyOf, crashes, fc.integer(), async (logs, after, seed) => {
        const lasting = new Lasting();
        const world = worldOf(logs, { bounded: true });
        const life = await lives(world, lasting, { crashes: after, random: randomOf(seed) });
        const expected = jointDedupOracle(logs);
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
      fc.asyncProperty(anyOf, crashes, fc.integer(), async (logs, after, seed) => {
        const lasting = new Lasting();
        const life = await liveThroughIdleness(logs, lasting, { after, seed });
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
    await fc.assert(
      fc.asyncProperty(anyLogs, crashes, fc.integer(), async ([log = []], after, seed) => {
        const lasting = new Lasting();
        const logs = { a: [log], b: [[]] };
        // All of the other is there from the beginning: only what has been read is idle.
        await liveThroughIdleness(logs, lasting, { after, seed, isThere: true });
        const expected = jointDedupOracle(logs);
        expect(lasting.rows).toEqual(expected.rows);
        expect(lettersOf(lasting)).toEqual(expected.letters);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

/** The logs are written meanwhile, and partitions fall idle. */
function liveThroughIdleness(
  logs: { a: readonly Log[]; b: readonly Log[] },
  lasting: Lasting,
  { after, seed, isThere = false }: { after: readonly number[]; seed: number; isThere?: boolean },
): Promise<UnionLife> {
  const random = randomOf(seed);
  const world = worldOf(logs, { bounded: false });
  if (isThere) world.visible.forEach((some, i) => some.fill(world.logs[i]?.[0]?.length ?? 0));
  return lives(world, lasting, {
    ...{ crashes: after, random },
    meanwhile: () => write(world, random),
    until: ({ parts }) => random() < 0.05 && isThrough(parts, world),
  });
}

/** Whether all has been read, nothing waits, and no window is open. */
const isThrough = ({ sources, dedups, windows }: UnionLife['parts'], { logs }: World): boolean =>
  sources.every(({ positions }, source) =>
    logs[source]?.every(({ length }, at) => (positions.get(at)?.nextOffset ?? 0) === length),
  ) &&
  dedups.every(({ waiting }) => waiting.size === 0) &&
  windows.every(({ store }) => store.openGroups().groups === 0);

/** Now and then a record is written to a log. */
function write({ logs, visible }: World, random: () => number): void {
  const source = Math.floor(random() * logs.length);
  const partition = Math.floor(random() * (logs[source]?.length ?? 0) * 2);
  const [log, readable] = [logs[source]?.[partition], visible[source]];
  if (log === undefined || readable === undefined) return;
  readable[partition] = Math.min(log.length, (readable[partition] ?? 0) + 1);
}
