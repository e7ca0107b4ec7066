import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../core/random.ts';
import { EngineError } from '../errors.ts';
import { residuesOf } from '../graph/residue.ts';
import { type Event, type Log, oracle, plan as scenarioPlan } from '../graph/scenario.fixture.ts';
import { upperOracle, upperPlan } from '../graph/upper-scenario.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import { type History, expectDrained, histories } from './crash-course.fixture.ts';
import { Durable } from './crash-durable.fixture.ts';
import { Retention } from './crash-retention.fixture.ts';
import { Life } from './crash-world.fixture.ts';
import type { SnapshotHeader } from './state.ts';

interface Outcome {
  readonly durable: Durable;
  readonly life: Life;
  readonly retention: Retention;
}

const MOST_LIVES = 20;
const MOST_STEPS = 5000;

/** Lives under which the logs lose records, once there is a snapshot, until one comes to its end. */
async function liveThroughLoss({ logs, after, seed }: History, plan: Plan): Promise<Outcome> {
  const durable = new Durable();
  const random = randomOf(seed);
  const retention = new Retention(logs.length);
  const visible = logs.map(({ length }) => length);
  const broker = { logs, visible, bounded: true, pollMs: 0, plan, retention };
  for (let lives = 0; lives < MOST_LIVES; lives++) {
    const life = new Life(durable, broker, random);
    life.start();
    const isDone = await live(life, after[lives] ?? MOST_STEPS, () => {
      if (random() < 0.3) life.tick();
      if (knowsAll(durable, logs) && random() < 0.3) lose(retention, visible, random);
    });
    if (isDone) {
      await life.finish(true);
      return { durable, life, retention };
    }
    life.crash();
  }
  throw new Error('the run does not come to an end');
}

/** Whether a snapshot says where reading of every partition goes on: else it begins inside the log (R3). */
function knowsAll({ snapshot }: Durable, logs: readonly Log[]): boolean {
  const [source] = Object.values((snapshot?.header as SnapshotHeader | undefined)?.sources ?? {});
  return source?.positions.length === logs.length;
}

/** True when the life has come to its end; false when it crashed, or needs once more what is gone. */
async function live(life: Life, steps: number, meanwhile: () => void): Promise<boolean> {
  try {
    for (let i = 0; i < steps && !life.ended; i++) {
      meanwhile();
      await life.step();
    }
    return life.ended;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ENG_SOURCE_GAP') return false;
    throw error;
  }
}

function lose({ low }: Retention, visible: readonly number[], random: () => number): void {
  const partition = Math.floor(random() * low.length);
  const [from = 0, end = 0] = [low[partition], visible[partition]];
  low[partition] = from + Math.floor(random() * (end - from + 1));
}

/** The offsets that were said to be gone, by partition. */
function saidToBeGone({ notices }: Retention, logs: readonly Log[]): Set<number>[] {
  const gone = logs.map(() => new Set<number>());
  for (const notice of notices) {
    const found =
      /partition (\d+): reading stopped before offset (\d+), the log now begins at (\d+): (\d+) records are gone/.exec(
        notice,
      );
    const [partition = NaN, from = NaN, low = NaN, count] = found?.slice(1).map(Number) ?? [];
    expect(count).toBe(low - from);
    for (let offset = from; offset < low; offset++) gone[partition]?.add(offset);
  }
  return gone;
}

/** The logs without some records, and for each that is left its offset. */
function without(logs: readonly Log[], gone: readonly ReadonlySet<number>[]) {
  const offsets = logs.map((log, p) => [...log.keys()].filter((at) => gone[p]?.has(at) !== true));
  const left = logs.map((log, p) => log.filter((_, at) => gone[p]?.has(at) !== true));
  return { left, offsets };
}

/** Stage, key and window_start of a row. */
const keyOf = (row: string): string => row.split(' ').slice(0, 3).join(' ');

/** Sizes of the windows of scenario.fixture.ts, seconds. */
const SIZES = new Map([
  ['tens', 10],
  ['slides', 25],
]);

/** Whether a record is of the window of a row. */
function isOf({ k, t }: Event, row: string): boolean {
  const [stage = '', key, start] = row.split(' ');
  const end = Number(start) + (SIZES.get(stage) ?? NaN);
  return JSON.stringify(k) === key && t >= Number(start) && t < end;
}

describe('a run that goes on behind records that its log has lost', () => {
  it('R4: leaves the rows of the log without them, and says which they are', async () => {
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life, retention } = await liveThroughLoss(history, scenarioPlan);
        const gone = saidToBeGone(retention, logs);
        const { left, offsets } = without(logs, gone);
        const expected = oracle(left);
        const keys = new Set(expected.rows.map(keyOf));
        const isExpected = (row: string): boolean =>
          row.startsWith('rows ') || keys.has(keyOf(row));
        expect(durable.rows.filter(isExpected)).toEqual(expected.rows);
        // A life that crashed may have written a window of which then nothing was left.
        const events = logs.flatMap((log, p) => log.filter((_, at) => gone[p]?.has(at)));
        for (const row of durable.rows.filter((each) => !isExpected(each))) {
          expect(events.some((event) => isOf(event, row))).toBe(true);
        }
        const late = expected.late.map((place) => {
          const [partition = NaN, at = NaN] = place.split('@').map(Number);
          return `${partition}@${offsets[partition]?.[at] ?? NaN}`;
        });
        expect(durable.lettersOf('LATE')).toEqual(expect.arrayContaining(late));
        expectBalanced(life);
        lost += events.length;
      }),
      { numRuns: 150 },
    );
    expect(lost).toBeGreaterThan(20);
  }, 60_000);

  it('R4 W8: so do windows over windows', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { logs } = history;
        const { durable, life, retention } = await liveThroughLoss(history, upperPlan);
        const { rows } = upperOracle(without(logs, saidToBeGone(retention, logs)).left);
        const keys = new Set(rows.map(keyOf));
        expect(durable.rows.filter((row) => keys.has(keyOf(row)))).toEqual(rows);
        expectBalanced(life);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

/** L1, and nothing waits any more. */
function expectBalanced(life: Life): void {
  const { plan, tally, windows } = life.parts;
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  expectDrained(life);
}
