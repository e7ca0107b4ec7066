import { afterEach, describe, expect, it } from 'vitest';
import { FaultStream, type StreamOptions } from './stream.fixture.ts';
import { workerFaults } from './worker-faults.ts';

const streams: FaultStream[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.remove();
});

async function streamOf(purpose: string, options: StreamOptions = {}): Promise<FaultStream> {
  const stream = new FaultStream(purpose, options);
  streams.push(stream);
  await stream.create();
  return stream;
}

describe('records that no worker thread survives', () => {
  it.each(workerFaults)(
    'a thread that fails by %s costs one record, which becomes a dead letter',
    async (how) => {
      const stream = await streamOf(`worker_${how}`);
      await stream.append(40);
      await stream.topic.write([{ partition: 1, key: 'poison', value: `"fault:${how}"` }]);
      await stream.append(300);
      const run = stream.start('worker=fails', '--until', 'end');
      expect(await run.ending(), run.text()).toBe(0);
      expect(run.summary).toMatchObject({ records: 341, deadLetters: { WORKER: 1 } });
      // It was the 14th of its partition.
      await stream.expectExact([{ code: 'WORKER', place: '1/13' }]);
    },
  );
});

describe('records that are no events', () => {
  it('huge ones, null values and bytes of any kind: each is accounted for, the others are exact', async () => {
    const stream = await streamOf('odd', { topicSettings: { 'max.message.bytes': '20000000' } });
    await stream.append(3_000);
    // More than a fetch of one partition asks for: it comes whole all the same.
    await stream.append(1, 9_000_000);
    await stream.topic.write([
      { partition: 0, key: 'null', value: null },
      { partition: 1, key: 'huge', value: 'x'.repeat(6_000_000) },
      { partition: 2, key: 'noise', value: Uint8Array.from({ length: 999 }, (_, i) => i * 37) },
      { partition: 2, key: 'empty', value: '' },
    ]);
    await stream.append(3_000);
    const run = await stream.finish();
    expect(run.summary.deadLetters).toMatchObject({ DECODE: 3 });
    await stream.expectExact([
      { code: 'DECODE', place: '1/1000' },
      { code: 'DECODE', place: '2/1000' },
      { code: 'DECODE', place: '2/1001' },
    ]);
  });
});

describe('a schema that drifts halfway', () => {
  it('opens the circuit at stop_when; once that is raised the run goes on, and nothing is missing', async () => {
    const strict = 'errors: { stop_when: { share: 20%, of_last: 1000 }, dead_letter';
    const stream = await streamOf('drift', {
      change: (text) => text.replace('errors: { dead_letter', strict),
    });
    await stream.append(6_000);
    await stream.topic.write(
      Array.from({ length: 3_000 }, (_, i) => ({
        partition: i % 3,
        key: 'drifted',
        // `id` has become text.
        value: JSON.stringify({ id: `n-${i}`, key: 'drifted', at: 1, mark: 1 }),
      })),
    );
    await stream.append(600);
    const stopped = stream.start(null, '--until', 'end');
    expect(await stopped.ending(), stopped.text()).toBe(3);
    expect(stopped.stderr).toMatch(/stopped by errors.stop_when: \d+ of the last 1000/);
    stream.define((text) => text.replace('share: 20%', 'share: 100%'));
    await stream.finish();
    const drifted = Array.from({ length: 3_000 }, (_, i) => ({
      code: 'SCHEMA',
      place: `${i % 3}/${2_000 + Math.floor(i / 3)}`,
    }));
    await stream.expectExact(drifted);
  });
});

describe('rows that Cassandra refuses for their content', () => {
  it('R2 L1: become dead letters REFUSED; the rows of the same batches are written', async () => {
    const stream = await streamOf('refused', {
      padding: 20,
      change: (text) =>
        text.replace(
          'errors:',
          '  pads_table: { from: events, cassandra: { table: pads, primary_key: [[key], pad, id] } }\nerrors:',
        ),
    });
    await stream.append(3_000);
    // A clustering column holds 64 KiB at most; a column that is no key would take it.
    await stream.append(4, 70_000);
    await stream.append(3_000);
    const run = await stream.finish();
    expect(run.summary.deadLetters).toMatchObject({ REFUSED: 4 });
    const places = ['0/1000', '1/1000', '2/1000', '0/1001'];
    await stream.expectExact(
      [],
      places.map((place) => ({ code: 'REFUSED', place })),
    );
    const ids = [3_000, 3_001, 3_002, 3_003].reduce((sum, id) => sum + id, 0);
    const [events] = await stream.keyspace.query(
      'SELECT count(*) AS n, sum(id) AS ids FROM %.events',
    );
    const [pads] = await stream.keyspace.query('SELECT count(*) AS n, sum(id) AS ids FROM %.pads');
    expect(pads).toEqual({ n: Number(events?.['n']) - 4, ids: Number(events?.['ids']) - ids });
  });
});

describe('a table that is changed while the engine runs', () => {
  it('R2: a column dropped: the run stops and says what is missing; added again, nothing is lost', async () => {
    const stream = await streamOf('table', { padding: 20 });
    await stream.append(20_000);
    const run = stream.start(null);
    await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
    await stream.keyspace.query('ALTER TABLE %.events DROP pad');
    await stream.append(4_000);
    expect(await run.ending(), run.text()).toBe(1);
    const missing =
      /column pad: missing, the pipeline writes text\n.*ALTER TABLE .*events ADD pad text/;
    expect(run.stderr).toMatch(missing);
    const refused = stream.start(null, '--until', 'end');
    expect(await refused.ending()).toBe(1);
    expect(refused.stderr).toMatch(missing);
    await stream.keyspace.query('ALTER TABLE %.events ADD pad text');
    await stream.finish();
    await stream.expectExact();
    const [stored] = await stream.keyspace.query('SELECT count(pad) AS n FROM %.events');
    // What was acknowledged before it was dropped is gone with it, which is for who dropped it.
    expect(Number(stored?.['n'])).toBeGreaterThanOrEqual(4_000);
  });
});
