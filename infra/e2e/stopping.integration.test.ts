import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const EVENTS = 120_000;
const oracle = eventsOracle(EVENTS);
const topic = new TestTopic(freshName('stopping'), 4);
const project = new Project(serverVariables());
const keyspaces: TestKeyspace[] = [];

beforeAll(async () => {
  await topic.create();
  await writeEvents(topic, [0, EVENTS]);
});
afterAll(async () => {
  await project.remove();
  for (const keyspace of keyspaces) await keyspace.remove();
  await topic.remove();
});

function pipeline(purpose: string, more: Partial<EventsPipeline> = {}) {
  const name = freshName(purpose);
  const keyspace = new TestKeyspace(name);
  keyspaces.push(keyspace);
  const file = `${name}.yaml`;
  const define = (change: (text: string) => string): string =>
    project.write(file, change(eventsDefinition({ name, topic: topic.name, ...more })));
  define((text) => text);
  const start = (...flags: string[]): EngineRun => project.start('run', file, '--json', ...flags);
  return { name, keyspace, define, start };
}

/** Starts a run and waits until rows come out of it. */
async function begun(start: () => EngineRun): Promise<EngineRun> {
  const run = start();
  await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
  return run;
}

describe('a run that is told to stop', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)(
    'by %s drains, exits with %i, and the next one goes on without loss or repetition',
    async (signal, exitCode) => {
      const { keyspace, start } = pipeline('signal');
      const run = await begun(() => start());
      run.kill(signal);
      expect(await run.exitCode()).toBe(exitCode);
      expect(run.stderr).toContain('stopping');
      // Drained: everything that was read has been written, and is in the last snapshot.
      expect(run.summary).toMatchObject({ finished: false, provisional: false });
      expect(run.summary.rows['events_table']).toBe(run.summary.records);
      const next = start('--until', 'end');
      expect(await next.exitCode()).toBe(0);
      expect(next.summary).toMatchObject({
        resumed: true,
        records: EVENTS - run.summary.records,
      });
      expect(next.summary.rows['events_table']).toBe(EVENTS);
      await expectEvents(keyspace, oracle);
    },
  );

  it('quits at once when it is told twice', async () => {
    const { start } = pipeline('twice');
    const run = await begun(() => start());
    run.kill('SIGINT');
    await run.until('the first word', () => run.stderr.includes('stopping'));
    run.kill('SIGINT');
    expect(await run.exitCode()).toBe(130);
  });
});

describe('--until', () => {
  it('R7: a duration ends by itself and closes nothing', async () => {
    const { start } = pipeline('duration');
    const run = start('--until', '3s');
    expect(await run.exitCode()).toBe(0);
    expect(run.summary.provisional).toBe(false);
    expect(run.summary.elapsedMs).toBeGreaterThan(3_000);
    expect(run.summary.records).toBeGreaterThan(0);
    const next = start('--until', 'end');
    expect(await next.exitCode()).toBe(0);
    expect(next.summary.records).toBe(EVENTS - run.summary.records);
  });

  it('R7: end writes the open windows and keeps them open: records that come later still count', async () => {
    const own = new TestTopic(freshName('growing'), 4);
    await own.create();
    await writeEvents(own, [0, 30_000]);
    const { keyspace, start } = pipeline('growing', { topic: own.name });
    const first = start('--until', 'end');
    expect(await first.exitCode()).toBe(0);
    expect(first.summary.provisional).toBe(true);
    await expectEvents(keyspace, eventsOracle(30_000));
    await writeEvents(own, [30_000, 40_000]);
    const second = start('--until', 'end');
    expect(await second.exitCode()).toBe(0);
    expect(second.summary).toMatchObject({ resumed: true, records: 10_000 });
    await expectEvents(keyspace, eventsOracle(40_000));
    await own.remove();
  });
});

describe('one pipeline, one process', () => {
  it('R8: a second process on the same pipeline stops, naming the first', async () => {
    const { start } = pipeline('busy');
    const first = await begun(() => start());
    const second = start();
    expect(await second.exitCode()).toBe(1);
    expect(second.stderr).toContain(`process ${first.pid}`);
    first.kill('SIGINT');
    expect(await first.exitCode()).toBe(130);
  });
});

describe('a definition that has changed', () => {
  it('R3: is refused with the difference, and --fresh starts over', async () => {
    const { keyspace, define, start } = pipeline('changed');
    const first = start('--until', '2s');
    expect(await first.exitCode()).toBe(0);
    // What does not shape the rows may change.
    define((text) => text.replace('memory: 512MiB', 'memory: 768MiB'));
    const same = start('--until', '1s');
    expect(await same.exitCode()).toBe(0);
    expect(same.summary.resumed).toBe(true);
    define((text) => text.replace('grace: 1000ms', 'grace: 1500ms'));
    const refused = start('--until', 'end');
    expect(await refused.exitCode()).toBe(1);
    expect(refused.stderr).toMatch(/windows: .*grace.*\n.*--fresh/);
    define((text) => text);
    const fresh = start('--until', 'end', '--fresh');
    expect(await fresh.exitCode()).toBe(0);
    expect(fresh.summary).toMatchObject({ resumed: false, records: EVENTS });
    await expectEvents(keyspace, oracle);
  });
});

describe('idle partitions', () => {
  const definition = (name: string): string =>
    eventsDefinition({ name, topic: name })
      .replace('out_of_order: 2000ms', 'out_of_order: 2000ms, idle: 2s')
      .replace('sliding: 5000ms, every: 1000ms, grace: 1000ms', 'tumbling: 5s');
  const START = Date.parse('2024-03-28T12:00:00Z');
  const event = (id: number, partition: number, second: number) => ({
    partition,
    key: 'k',
    value: JSON.stringify({ id, key: 'k', at: START + 1000 * second, value: 1 }),
  });
  const startsOf = (rows: readonly Record<string, unknown>[]): number[] =>
    rows.map((row) => (Number(row['window_start']) - START) / 1000).sort((a, b) => a - b);

  it('T4, T5, W4: one that is silent holds the others back for `idle`, then no more; what it brings then is LATE_IDLE', async () => {
    const name = freshName('idle');
    const keyspace = new TestKeyspace(name);
    keyspaces.push(keyspace);
    const own = new TestTopic(name, 3); // partition 2 stays empty: idle at once
    await own.create();
    await own.write([event(1, 0, 0), event(2, 1, 1), event(3, 0, 12), event(4, 0, 33)]);
    project.write('idle.yaml', definition(name));
    const run = project.start('run', 'idle.yaml', '--json');
    await run.until('the records', () => (run.latest?.records ?? 0) === 4);
    // Partition 1 stands at 1 s: nothing closes yet.
    expect(run.latest?.rows).toBe(4);
    await run.until('windows', () => (run.latest?.rows ?? 0) >= 6);
    expect(startsOf(await keyspace.rows('windows'))).toEqual([0, 10]);
    await own.write([event(5, 1, 2), event(6, 1, 34)]);
    await run.until('the late one', () => (run.latest?.deadLetters ?? 0) === 1);
    run.kill('SIGTERM');
    expect(await run.exitCode()).toBe(0);
    const letters = await readTopic(`${name}_dead`);
    expect(letters.map(({ headers }) => headers.get('engine-code'))).toEqual(['LATE_IDLE']);
    expect(Buffer.from(letters[0]?.value ?? '').toString()).toBe(event(5, 1, 2).value);
    const rows = await keyspace.rows('windows');
    expect(rows.find((row) => row['window_start'] === START)).toMatchObject({ n: 2 });
    await own.remove();
  });
});
