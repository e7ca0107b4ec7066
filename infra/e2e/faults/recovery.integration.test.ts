import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { deleteBefore, stockKafka } from '../../../engine/io/kafka/broker.fixture.ts';
import { expectRows } from '../rows.fixture.ts';
import { FaultStream, type StreamOptions } from './stream.fixture.ts';

const streams: FaultStream[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.remove();
});

async function streamOf(
  purpose: string,
  events: number,
  options: StreamOptions = {},
): Promise<FaultStream> {
  const stream = new FaultStream(purpose, options);
  streams.push(stream);
  await stream.create();
  await stream.append(events);
  return stream;
}

/** Paths of the snapshots, oldest first. */
function snapshotsOf(stream: FaultStream): string[] {
  const state = stream.project.path(`.engine/state/${stream.name}`);
  const [identity] = readdirSync(state, { withFileTypes: true }).filter((e) => e.isDirectory());
  const directory = `${state}/${identity?.name ?? ''}`;
  return readdirSync(directory)
    .filter((name) => /^snapshot-\d+\.bin$/.test(name))
    .sort()
    .map((name) => `${directory}/${name}`);
}

/** Kills a run behind its second snapshot with data. */
async function killed(stream: FaultStream): Promise<void> {
  const life = stream.start('kill=before-frontiers:2', '--until', 'end');
  expect(await life.ending(), life.text()).toBe('SIGKILL');
}

describe('a newest snapshot that is damaged', () => {
  it.each(['rubbish', ''])(
    'R1: %j in its place: the run says so and goes on from the one before',
    async (content) => {
      const stream = await streamOf('damaged', 20_000);
      await killed(stream);
      await stream.append(5_000);
      const found = snapshotsOf(stream);
      expect(found).toHaveLength(2);
      writeFileSync(found.at(-1) ?? '', content);
      const next = await stream.finish();
      expect(next.stderr).toContain(`${found.at(-1)} is damaged: going on from the one before`);
      expect(next.summary.resumed).toBe(true);
      await stream.expectExact();
    },
  );

  it('and none before it: the run stops and says what to do', async () => {
    const stream = await streamOf('corrupt', 2_000);
    await stream.finish();
    for (const path of snapshotsOf(stream)) writeFileSync(path, 'rubbish');
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending()).toBe(1);
    expect(refused.stderr).toMatch(/no snapshot in .* is whole; run again with --fresh/);
    await stream.finish('--fresh');
    await stream.expectExact();
  });
});

describe('a log that has lost what comes next', () => {
  it('R4: before a restart from the older snapshot: stops with the difference, goes on when told to', async () => {
    const stream = await streamOf('deleted', 20_000);
    await killed(stream);
    await stream.append(6_000);
    const [older, newer] = snapshotsOf(stream);
    expect(older).toBeDefined();
    writeFileSync(newer ?? '', 'rubbish');
    // Behind both snapshots.
    for (const partition of [0, 1, 2]) await deleteBefore(stream.name, partition, 7_500);
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending(), refused.text()).toBe(1);
    expect(refused.stderr).toMatch(/the log now begins at 7500: \d+ records are gone/);
    expect(refused.stderr).toContain('--on-data-loss skip');
    const skipping = await stream.finish('--on-data-loss', 'skip');
    expect(skipping.stderr).toContain('going on at 7500 as told');
    expect(skipping.summary.resumed).toBe(true);
    const rest = (20_000 + 6_000) / 3 - 7_500;
    expect(skipping.summary.records).toBe(Math.round(rest * 3));
  });

  it('R4: past our position while the partitions are paused: stops with the difference', async () => {
    // The ledger holds a fraction of the topic.
    const stream = await streamOf('paused', 60_000, {
      padding: 2_000,
      change: (text) => `${text}limits: { memory: 320MiB }\n`,
    });
    const run = stream.start(null);
    await run.until('back pressure', () => run.latest?.backPressure === true);
    const high = 20_000;
    for (const partition of [0, 1, 2]) await deleteBefore(stream.name, partition, high);
    await stream.append(300);
    expect(await run.ending(), run.text()).toBe(1);
    expect(run.stderr).toMatch(/the log now begins at 20000: \d+ records are gone/);
  });
});

describe('a clock that was set back between two runs', () => {
  it('R5: the rows of the second run replace those of the first all the same', async () => {
    const stream = await streamOf('clock', 9_000);
    const ahead = stream.start('clock=3600000', '--until', 'end');
    expect(await ahead.ending(), ahead.text()).toBe(0);
    const [before] = await stream.keyspace.query(`SELECT max(writetime(n)) AS at FROM %.windows`);
    // An hour ahead: the fault was there.
    expect(Number(before?.['at']) / 1000).toBeGreaterThan(Date.now() + 3_000_000);
    await stream.append(3_000);
    await stream.finish();
    // The windows that were open came out anew, an hour "earlier".
    await stream.expectExact();
  });
});

describe('SIGINT twice in the middle of a flush', () => {
  it('quits at once, and the next run has lost nothing', async () => {
    const stream = await streamOf('twice', 30_000);
    const run = stream.start(null);
    await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
    run.kill('SIGINT');
    await run.until('the first word', () => run.stderr.includes('stopping'));
    run.kill('SIGINT');
    expect(await run.ending()).toBe(130);
    await stream.append(1_000);
    await stream.finish();
    await stream.expectExact();
  });
});

describe('the consumer group', () => {
  it('R8: a second member takes partitions: the run names it, waits, goes on, and loses nothing', async () => {
    const stream = await streamOf('member', 6_000);
    const run = stream.start(null);
    await run.until('the records', () => run.latest?.records === 6_000);
    const other = stockKafka().consumer({ groupId: stream.name });
    await other.connect();
    await other.subscribe({ topics: [stream.name] });
    await other.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    await run.until('the other member', () => run.stderr.includes('waiting until it leaves'));
    await stream.append(6_000);
    await other.disconnect();
    await run.until('the rest', () => run.latest?.records === 12_000);
    expect(run.stderr).toContain('are ours again: going on');
    run.kill('SIGTERM');
    expect(await run.ending()).toBe(0);
    await stream.finish();
    await stream.expectExact();
  });

  it('T4: partitions that are added while it runs are read from their beginning', async () => {
    const stream = await streamOf('added', 6_000);
    const run = stream.start(null);
    await run.until('the records', () => run.latest?.records === 6_000);
    await stream.grow(5);
    await stream.append(5_000);
    await run.until('the new partitions', () => run.latest?.records === 11_000);
    run.kill('SIGTERM');
    expect(await run.ending()).toBe(0);
    await stream.finish();
    await stream.expectExact();
  });
});

describe('a definition that has changed under a state', () => {
  const more = `  quarters:
    from: events
    window: { tumbling: 4s, grace: 1s }
    group_by: [key]
    aggregate:
      n: count()
      ids: sum(id)
      marks: sum(mark)
sinks:
  quarters_table: { from: quarters, cassandra: { table: quarters, primary_key: [[key], window_start] } }
`;

  it('R3: a new window is refused, with --migrate it begins behind all that was read; the others are exact', async () => {
    const stream = await streamOf('migrate', 9_000);
    await stream.finish();
    stream.define((text) => text.replace('sinks:\n', more));
    await stream.append(15_000);
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending()).toBe(1);
    expect(refused.stderr).toMatch(/quarters is new\n.*--migrate/);
    const migrated = await stream.finish('--migrate');
    expect(migrated.stderr).toContain('its first windows are those that begin behind all records');
    expect(migrated.summary).toMatchObject({ resumed: true, records: 15_000 });
    await stream.expectExact();
    // Every second window of the old stage is one of the new.
    const all = await stream.keyspace.rows('windows');
    const quarters = await stream.keyspace.rows('quarters');
    const first = Math.min(...quarters.map((row) => Number(row['window_start'])));
    const same = all.filter(
      (row) => Number(row['window_start']) >= first && Number(row['window_start']) % 4_000 === 0,
    );
    expect(first).toBeGreaterThan(Number(all[0]?.['window_start']));
    expectRows(quarters, same, { key: ['key', 'window_start'] });
  });

  it('R3: what cannot go on is refused, --migrate or not, with the difference; the state stays as it was', async () => {
    const stream = await streamOf('no_migration', 9_000);
    await stream.finish();
    await stream.append(3_000);
    stream.define((text) =>
      text
        .replace('sliding: 4000ms', 'sliding: 8000ms')
        .replace('marks: sum(mark)', 'marks: max(mark)'),
    );
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending(), refused.text()).toBe(1);
    expect(refused.stderr).toContain('windows: window is sliding 8s every 2s, was sliding 4s');
    expect(refused.stderr).toContain('run again with --fresh to start over');
    expect(refused.stderr).not.toContain('--migrate');
    const again = stream.start(null, '--until', 'end', '--migrate');
    expect(await again.ending(), again.text()).toBe(1);
    expect(again.stderr).toMatch(
      /--migrate cannot go on with it:\n.*windows keeps windows of another/,
    );
    stream.define((text) => text);
    const next = await stream.finish();
    expect(next.summary).toMatchObject({ resumed: true, records: 3_000 });
    await stream.expectExact();
  });

  it('R3: row-wise stages and columns may change with --migrate: rows from here on are of the new kind, the others as they were', async () => {
    const wide = (text: string): string =>
      text
        .replace('mark: long!', 'mark: long!, absent: int')
        .replace('sinks:\n', '  odd:\n    from: events\n    where: id % 2 = 1\nsinks:\n')
        .replace(
          'errors:',
          '  odd_table: { from: odd, cassandra: { table: odd, primary_key: [[id]] } }\nerrors:',
        );
    const stream = await streamOf('migrate_rows', 6_000);
    await stream.finish();
    stream.define(wide);
    await stream.keyspace.query('ALTER TABLE %.events ADD absent int');
    await stream.append(3_000);
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending()).toBe(1);
    expect(refused.stderr).toMatch(/--migrate/);
    const migrated = await stream.finish('--migrate');
    expect(migrated.summary).toMatchObject({ resumed: true, records: 3_000 });
    expect(migrated.stderr).toContain('odd is new: it gives the rows from here on');
    await stream.expectExact();
    const odd = await stream.keyspace.query('SELECT count(*) AS n, sum(id) AS ids FROM %.odd');
    const ids = Array.from({ length: 1_500 }, (_, i) => 6_001 + 2 * i);
    expect(odd).toEqual([{ n: 1_500, ids: ids.reduce((sum, id) => sum + id, 0) }]);
    // Back again: what is gone is said.
    stream.define((text) => text);
    await stream.append(300);
    const back = await stream.finish('--migrate');
    expect(back.stderr).toContain('odd is gone');
    await stream.expectExact();
  });

  it('L1: a sink that is added takes the rows from here on, without asking, and the ledger adds up', async () => {
    const stream = await streamOf('added_sink', 4_000);
    await stream.finish();
    const sink =
      '  late_sink: { from: events, file: { path: "more/{partition}-{part}.ndjson" } }\n';
    stream.define((text) => text.replace('errors:', `${sink}errors:`));
    await stream.append(2_000);
    const run = await stream.finish();
    expect(run.summary).toMatchObject({ resumed: true, records: 2_000 });
    expect(run.summary.rows['late_sink']).toBe(2_000);
    await stream.finish();
    await stream.expectExact();
  });
});
