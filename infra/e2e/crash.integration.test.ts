import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnapshotStore } from '../../engine/io/checkpoint/snapshot-store.ts';
import type { SnapshotHeader } from '../../engine/run/state.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import {
  type EventsPipeline,
  eventsDefinition,
  eventsOracle,
  expectEvents,
  writeEvents,
} from './events.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { TestTopic, readTopic } from './topic.fixture.ts';

const EVENTS = 150_000;
/** Rows so large that the ledger holds a fraction of them: a run is never far ahead of its sinks. */
const PADDING = 700;
const oracle = eventsOracle(EVENTS);
const topic = new TestTopic(freshName('crash'), 4);
const project = new Project(serverVariables());
const keyspaces: TestKeyspace[] = [];

beforeAll(async () => {
  await topic.create();
  await writeEvents(topic, [0, EVENTS], PADDING);
});
afterAll(async () => {
  await project.remove();
  for (const keyspace of keyspaces) await keyspace.remove();
  await topic.remove();
});

/** A pipeline of its own over the topic. */
function pipeline(purpose: string, more: Partial<EventsPipeline> = {}) {
  const name = freshName(purpose);
  const keyspace = new TestKeyspace(name);
  keyspaces.push(keyspace);
  const define = (change: Partial<EventsPipeline> = more): string =>
    project.write(
      `${name}.yaml`,
      eventsDefinition({ name, topic: topic.name, padded: true, ...change }),
    );
  define();
  const start = (): EngineRun => project.start('run', `${name}.yaml`, '--until', 'end', '--json');
  return { name, keyspace, define, start };
}

/** Records before the cut of the newest whole snapshot; 0 when there is none. */
async function snapshotRecords(name: string): Promise<number> {
  const directory = project.path(`.engine/state/${name}`);
  const found = readdirSync(directory, { withFileTypes: true }).filter((e) => e.isDirectory());
  for (const { name: identity } of found) {
    const content = await new SnapshotStore(`${directory}/${identity}`).readNewest();
    if (content === null) continue;
    const { sources } = content.header as SnapshotHeader;
    const positions = sources['events']?.positions ?? [];
    return positions.reduce((sum, [, { nextOffset }]) => sum + nextOffset, 0);
  }
  return 0;
}

/** Offsets of letters by partition, each once, as `partition/offset`. */
async function lateLetters(name: string): Promise<{ ids: Set<string>; codes: Set<string> }> {
  const letters = await readTopic(`${name}_dead`);
  return {
    ids: new Set(letters.map(({ headers }) => headers.get('engine-id') ?? '')),
    codes: new Set(letters.map(({ headers }) => headers.get('engine-code') ?? '')),
  };
}

async function expectAll({ name, keyspace }: { name: string; keyspace: TestKeyspace }) {
  await expectEvents(keyspace, oracle);
  // R6: letters may come twice, with the same id.
  const { ids, codes } = await lateLetters(name);
  expect(codes).toEqual(new Set(['LATE']));
  const wanted = oracle.late.map((id) =>
    JSON.stringify([name, 'windows', 'events', id % 4, Math.floor(id / 4)]),
  );
  expect([...ids].sort()).toEqual(wanted.sort());
}

describe('kill -9 in the middle of a drain', () => {
  it('changes no row: an undisturbed run has the rows of the oracle', async () => {
    const calm = pipeline('calm');
    const run = calm.start();
    expect(await run.exitCode()).toBe(0);
    expect(run.summary).toMatchObject({
      ...{ records: EVENTS, resumed: false, late: oracle.late.length },
      latePartial: oracle.latePartial,
      deadLetters: { LATE: oracle.late.length },
    });
    expect(run.summary.rows['events_table']).toBe(EVENTS);
    expect(run.summary.snapshots.taken).toBeGreaterThan(1);
    await expectAll(calm);
  });

  it('R1: again and again: each run goes on from the last snapshot, and no row changes', async () => {
    const kills = 3;
    const { name, keyspace, start } = pipeline('killed', { checkpointEvery: '100ms' });
    const from: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const run = start();
      const before = from.at(-1) ?? 0;
      await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
      while ((await snapshotRecords(name)) === before && !run.ended) await pause(20);
      run.kill('SIGKILL');
      expect(await run.exitCode(), run.text()).toBe('SIGKILL');
      from.push(await snapshotRecords(name));
    }
    // Each was killed in the middle, behind a snapshot of its own.
    expect(from.toSorted((a, b) => a - b)).toEqual(from);
    expect(new Set([0, ...from, EVENTS]).size).toBe(kills + 2);
    const last = start();
    expect(await last.exitCode()).toBe(0);
    expect(last.summary).toMatchObject({
      ...{ resumed: true, records: EVENTS - (from.at(-1) ?? 0), late: oracle.late.length },
      latePartial: oracle.latePartial,
      deadLetters: { LATE: oracle.late.length },
    });
    await expectAll({ name, keyspace });
  });

  it('before the first snapshot: the next run begins anew and writes the same rows', async () => {
    const early = pipeline('early', { checkpointEvery: '10m' });
    const run = early.start();
    await run.until('rows', () => (run.latest?.rows ?? 0) > 10_000);
    run.kill('SIGKILL');
    await run.exitCode();
    expect(await snapshotRecords(early.name)).toBe(0);
    const last = early.start();
    expect(await last.exitCode()).toBe(0);
    expect(last.summary).toMatchObject({ resumed: false, records: EVENTS });
    await expectAll(early);
  });
});
