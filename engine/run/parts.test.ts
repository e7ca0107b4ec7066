import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SourcePort } from '../graph/ports.ts';
import type { Plan } from '../plan/planner.ts';
import { definition, planned } from '../plan/definition.fixture.ts';
import { shapeOf } from '../plan/shape.ts';
import { openSnapshots } from './parts.ts';
import { STATE_FORMAT, type SnapshotHeader } from './state.ts';

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'engine-parts-'));
});
afterEach(() => rmSync(project, { recursive: true }));

const planOf = (limit: number, bounded: boolean): Plan => {
  const plan = planned(
    definition({
      stages: `s:\n  from: readings\n  where: t > ${limit}\n`,
      sinks: 'out: { from: s, stdout: {} }',
    }),
  );
  return { ...plan, sources: plan.sources.map((source) => ({ ...source, bounded })) };
};

const ports = [{ identity: () => Promise.resolve('a log') }] as unknown as SourcePort[];

/** What a run of `plan` finds, and what it says. */
async function open(plan: Plan, fresh = false, migrate = false) {
  const notices: string[] = [];
  const options = {
    project,
    fresh,
    migrate,
    onNotice: (text: string): number => notices.push(text),
  };
  const found = await openSnapshots(plan, ports, options);
  return { ...found, notices };
}

/** Leaves the state of an interrupted run of `plan` behind. */
async function interrupt(plan: Plan, header: Partial<SnapshotHeader> = {}): Promise<void> {
  const { store } = await open(plan);
  const left = { format: STATE_FORMAT, shape: shapeOf(plan), finished: false, ...header };
  await store.write({ header: left, buffers: [] });
}

const misfit =
  'the saved state of test does not fit the definition any more:\n  s: where is t > 2, was t > 1\n';

it('R3: a run goes on from the state that fits, and starts over when it is told to', async () => {
  await interrupt(planOf(1, false));
  expect((await open(planOf(1, false))).content).not.toBeNull();
  expect((await open(planOf(1, false), true)).content).toBeNull();
  expect((await open(planOf(1, false))).content).toBeNull();
});

it('R3: state that does not fit stops a run over a log, with the difference', async () => {
  await interrupt(planOf(1, false));
  await expect(open(planOf(2, false))).rejects.toMatchObject({
    code: 'ENG_STATE_MISMATCH',
    message: `${misfit}run again with --migrate to go on with it:
  s has changed, for rows from here on
with --fresh to start over, or put the definition back`,
  });
  expect((await open(planOf(1, false))).content).not.toBeNull();
});

it('R3: state that does not fit is given up by a run over bounded input, which says so', async () => {
  await interrupt(planOf(1, true));
  const { content, notices } = await open(planOf(2, true));
  expect([content, notices]).toEqual([null, [`${misfit}starting over`]]);
  expect(await open(planOf(1, true))).toMatchObject({ content: null, notices: [] });
});

it('R7: a run that was finished leaves nothing to go on from', async () => {
  await interrupt(planOf(1, true), { finished: true });
  expect(await open(planOf(2, true))).toMatchObject({ content: null, notices: [] });
});

it('R3: --migrate goes on where the state allows it, and says what that means', async () => {
  await interrupt(planOf(1, false));
  const { content, notices } = await open(planOf(2, false), false, true);
  expect(content).not.toBeNull();
  expect(notices).toEqual([`${misfit}going on with it:\n  s has changed, for rows from here on`]);
});

it('R3: --migrate stops where the state does not allow it, and says why', async () => {
  const other = planOf(1, false);
  const [source] = other.sources;
  await interrupt(other);
  const watermark = { ...source?.watermark, outOfOrderMs: 99_000 };
  const changed = { ...other, sources: [{ ...source, watermark }] } as Plan;
  await expect(open(changed, false, true)).rejects.toThrow(
    /--migrate cannot go on with it:\n {2}readings: out_of_order cannot change under a state/,
  );
});
