/** Lives over two sources, one after the other, until the last comes to its end. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { randomOf } from '../core/random.ts';
import { residuesOf } from '../graph/residue.ts';
import { anyLogs } from '../graph/scenario.fixture.ts';
import type { Logs } from '../graph/two-sources.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import { Lasting, type UnionLife, type World, lives } from './union-world.fixture.ts';

/** What happens to one pipeline. */
export interface History {
  readonly logs: Logs;
  /** Steps after which lives crash. */
  readonly after: readonly number[];
  readonly seed: number;
}

/** What a history left behind, and its last life. */
export interface Outcome {
  readonly lasting: Lasting;
  readonly life: UnionLife;
}

/** As `anyLogs`, for each source. */
export const bothLogs: fc.Arbitrary<Logs> = fc.record({ a: anyLogs, b: anyLogs });

/** Histories of up to four crashes. */
export const historiesOf = (logs: fc.Arbitrary<Logs>): fc.Arbitrary<History> =>
  fc.record({
    logs,
    after: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 4 }),
    seed: fc.integer(),
  });

/** In the order of plan.sources; of bounded sources everything can be read from the beginning. */
export const worldOf = (plan: Plan, { a, b }: Logs, { bounded }: { bounded: boolean }): World => ({
  ...{ plan, logs: [b, a], bounded, pollMs: bounded ? 0 : 15_000 },
  visible: [b, a].map((logs) => logs.map(({ length }) => (bounded ? length : 0))),
});

/** The logs are there from the beginning, and read to their end. */
export async function liveToEnd({ logs, after, seed }: History, plan: Plan): Promise<Outcome> {
  const lasting = new Lasting();
  const world = worldOf(plan, logs, { bounded: true });
  const life = await lives(world, lasting, { crashes: after, random: randomOf(seed) });
  return { lasting, life };
}

/**
 * The logs are written meanwhile, or all `isThere` from the beginning, and partitions fall idle; told
 * to stop once all is closed.
 */
export async function liveThroughIdleness(
  { logs, after, seed }: History,
  plan: Plan,
  { isThere = false } = {},
): Promise<Outcome> {
  const lasting = new Lasting();
  const random = randomOf(seed);
  const world = worldOf(plan, logs, { bounded: false });
  if (isThere) world.visible.forEach((some, i) => some.fill(world.logs[i]?.[0]?.length ?? 0));
  const life = await lives(world, lasting, {
    ...{ crashes: after, random },
    meanwhile: () => write(world, random),
    until: ({ parts }) => random() < 0.05 && isThrough(parts, world),
  });
  return { lasting, life };
}

/** Now and then a record is written to a log. */
function write({ logs, visible }: World, random: () => number): void {
  const source = Math.floor(random() * logs.length);
  const partition = Math.floor(random() * (logs[source]?.length ?? 0) * 2);
  const [log, readable] = [logs[source]?.[partition], visible[source]];
  if (log === undefined || readable === undefined) return;
  readable[partition] = Math.min(log.length, (readable[partition] ?? 0) + 1);
}

/** Whether all has been read, nothing waits, and no window is open. */
const isThrough = ({ sources, dedups, windows }: UnionLife['parts'], { logs }: World): boolean =>
  sources.every(({ positions }, source) =>
    logs[source]?.every(({ length }, at) => (positions.get(at)?.nextOffset ?? 0) === length),
  ) &&
  dedups.every(({ waiting }) => waiting.size === 0) &&
  windows.every(({ store }) => store.openGroups().groups === 0);

/** L1 over all lives. */
export function expectBalanced({ parts: { plan, tally, windows, acks, ledger } }: UnionLife): void {
  expect(residuesOf(plan, tally, windows)).toEqual([]);
  expect([acks.pending, ledger.frames.heldBytes, ledger.rows.heldBytes]).toEqual([0, 0, 0]);
}
