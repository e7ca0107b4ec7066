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
