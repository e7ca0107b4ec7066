/** Lives over one world, one after the other, until the last comes to its end. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { randomOf } from '../core/random.ts';
import { type Log, anyLogs, plan as scenarioPlan } from '../graph/scenario.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import { Durable } from './crash-durable.fixture.ts';
import { type Broker, Life } from './crash-world.fixture.ts';

/** How lives go. */
interface Course {
  /** Steps after which lives crash; the last life is not one of them. */
  readonly crashes: readonly number[];
  readonly random: () => number;
  /** Before every step. */
  readonly meanwhile?: () => void;
  /** When the last life is told to stop. */
  readonly until?: (life: Life) => boolean;
}

const MOST_STEPS = 5000;

/** Runs lives over one world until the last comes to its end. */
async function live(durable: Durable, broker: Broker, course: Course): Promise<Life> {
  const { random, meanwhile, until } = course;
  for (const steps of [...course.crashes, MOST_STEPS]) {
    const life = new Life(durable, broker, random);
    life.start();
    for (let i = 0; i < steps && !life.ended; i++) {
      if (steps === MOST_STEPS && until?.(life) === true) life.stop();
      meanwhile?.();
      if (random() < 0.1) life.tick();
      await life.step();
    }
    if (steps === MOST_STEPS && life.ended) return life;
    life.crash();
  }
  throw new Error('the run does not come to an end');
}

/** What happens to one pipeline. */
export interface History {
  readonly logs: readonly Log[];
  /** Steps after which lives crash. */
  readonly after: readonly number[];
  readonly seed: number;
}

/** What a history left behind, and its last life. */
export interface Outcome {
  readonly durable: Durable;
  readonly life: Life;
}

/** Histories of up to four crashes. */
export const histories: fc.Arbitrary<History> = fc.record({
  logs: anyLogs,
  after: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 }),
  seed: fc.integer(),
});

/** The logs are there from the beginning, and read to their end. */
export async function liveToEnd(
  { logs, after, seed }: History,
  plan: Plan = scenarioPlan,
): Promise<Outcome> {
  const durable = new Durable();
  const visible = logs.map(({ length }) => length);
  const broker = { logs, visible, bounded: true, pollMs: 0, plan };
  const life = await live(durable, broker, { crashes: after, random: randomOf(seed) });
  await life.finish(true);
  return { durable, life };
}

/** The logs are written meanwhile, and partitions fall idle; told to stop once all is closed. */
export async function liveThroughIdleness(
  { logs, after, seed }: History,
  plan: Plan = scenarioPlan,
): Promise<Outcome> {
  const durable = new Durable();
  const random = randomOf(seed);
  const visible = logs.map(() => 0);
  const broker = { logs, visible, bounded: false, pollMs: 20_000, plan };
  const life = await live(durable, broker, {
    crashes: after,
    random,
    meanwhile: () => produce(broker, random),
    until: ({ parts }) => random() < 0.05 && isAllClosed(parts, logs),
  });
  await life.finish(false);
  return { durable, life };
}

/** Now and then a record is written to a log. */
function produce({ logs, visible }: Broker, random: () => number): void {
  const partition = Math.floor(random() * logs.length * 3);
  const log = logs[partition];
  if (log !== undefined && (visible[partition] as number) < log.length) {
    visible[partition] = (visible[partition] as number) + 1;
  }
}

/** Whether everything is read and no window is open, but those that count, which only an end closes. */
export const isAllClosed = ({ sources, windows }: Life['parts'], logs: readonly Log[]): boolean =>
  logs.every(({ length }, p) => (sources[0]?.positions.get(p)?.nextOffset ?? 0) === length) &&
  windows.every(
    ({ node, store }) => node.shape.kind === 'count' || store.openGroups().groups === 0,
  );

/** Records of all logs. */
export const total = (logs: readonly Log[]): number =>
  logs.reduce((sum, { length }) => sum + length, 0);

/** All letters, `CODE stage partition@offset`, sorted; each must hold its own record. */
export function lettersOf({ letters }: Durable, logs: readonly Log[]): string[] {
  return Array.from(letters.values(), ({ code, stage, partition, offset, value }) => {
    expect(JSON.parse(new TextDecoder().decode(value))).toEqual(logs[partition]?.[offset]);
    return `${code} ${stage} ${partition}@${offset}`;
  }).sort();
}

/** Sum over the rows of a table of the number that is their `at`-th word. */
export const summed = (rows: Iterable<string>, name: string, at: number): number =>
  [...rows]
    .filter((row) => row.startsWith(`${name} `))
    .reduce((sum, row) => sum + Number(row.split(' ')[at]), 0);

/** Nothing waits for an acknowledgement any more, and no byte is held. */
export function expectDrained({ parts: { acks, ledger } }: Life): void {
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}
