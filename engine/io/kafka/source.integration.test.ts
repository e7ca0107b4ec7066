import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame, ResumePoint } from '../../graph/ports.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import {
  asAdmin,
  brokerConnection,
  deleteBefore,
  fill,
  freshName,
  makeTopic,
  openSource,
  pause,
  removeTopic,
  stockKafka,
  valuesOf,
} from './broker.fixture.ts';
import { Reader, endsOf, topicWith, undo, undoAll } from './reader.fixture.ts';
import { readHeader } from './record-batch.ts';

describeSource('kafka', {
  framing: 'kafka-v2',
  bounded: false,
  async place() {
    const topic = freshName('contract');
    const group = freshName('group');
    const records = valuesOf([40, 0, 7, 25]);
    await makeTopic(topic, 4);
    await fill(topic, { records, perBatch: 6 });
    return {
      source: () => openSource(topic, { group }),
      records,
      remove: () => removeTopic(topic),
    };
  },
});

afterEach(undoAll);

const lastBatchOf = (frames: readonly Frame[], partition: number): ResumePoint => {
  let nextOffset = 0;
  let lastBatch: ResumePoint['lastBatch'] = null;
  for (const { buffer, slices } of frames) {
    for (const slice of slices) {
      if (slice.partition !== partition) continue;
      nextOffset = slice.nextOffset;
      const bytes = Buffer.from(buffer, slice.start, slice.length);
      for (let at = 0, header = readHeader(bytes, 0); header !== null;) {
        lastBatch = { baseOffset: header.baseOffset, crc: header.crc };
        at = header.end;
        header = readHeader(bytes, at);
      }
    }
  }
  return { nextOffset, lastBatch };
};

/** A process that reads a topic, says so, and stays. */
const READER_PROCESS = `
  const { openSource } = await import(new URL('./broker.fixture.ts', process.env.BASE));
  openSource(process.env.TOPIC, { group: process.env.GROUP }).open(new Map()).subscribe({
    next: (event) => event.kind === 'frame' && process.stdout.write('reading'),
  });
  setInterval(() => undefined, 1000);
`;

describe('a kafka source', () => {
  it('reads four partitions exactly once through a storm of pauses and resumes', async () => {
    const big = valuesOf([6000, 5000, 4000, 3000], 'x'.repeat(400));
    const topic = await topicWith(big, { perBatch: 150 });
    const reader = new Reader(topic);
    let turn = 0;
    const storm = setInterval(() => {
      turn++;
      const some = [turn % 4, (turn + 1) % 4];
      const moves = [
        () => reader.port.pause(),
        () => reader.port.pause(some),
        () => reader.port.resume(some),
        () => reader.port.resume(),
      ];
      moves[turn % 7]?.();
      if (turn % 7 > 3) reader.port.resume();
    }, 3);
    reader.onFrame = () => {
      reader.port.pause();
      setTimeout(() => reader.port.resume(), 5);
    };
    reader.open();
    await reader.untilAt(endsOf(big));
    clearInterval(storm);
    expect(reader.records()).toEqual(new Map([...big]));
  });

  it('R4: resumes where it stopped when the log is the same', async () => {
    const records = valuesOf([50, 30]);
    const topic = await topicWith(records, { perBatch: 10 });
    const first = new Reader(topic).open();
    await first.untilAt(endsOf(records));
    const frames = framesIn(first.events);
    const points = new Map([0, 1].map((p) => [p, lastBatchOf(frames, p)]));
    await first.close();
    await fill(topic, { records: valuesOf([5, 5], 'later') });
    const second = new Reader(topic).open(points);
    await second.untilAt(
      new Map([
        [0, 55],
        [1, 35],
      ]),
    );
    expect(second.records()).toEqual(valuesOf([5, 5], 'later'));
    expect(second.events[0]).toEqual({ kind: 'partitions', partitions: [0, 1], starts: new Map() });
  });

  it('R4: stops when the topic was created anew, naming offsets and checksums', async () => {
    const records = valuesOf([50]);
    const topic = await topicWith(records, { perBatch: 10 });
    const first = new Reader(topic).open();
    await first.untilAt(endsOf(records));
    const point = lastBatchOf(framesIn(first.events), 0);
    await first.close();
    await removeTopic(topic);
    await makeTopic(topic, 1);
    await fill(topic, { records: valuesOf([60], 'other'), perBatch: 10 });
    const second = new Reader(topic).open(new Map([[0, point]]));
    const error = await second.untilError();
    expect(error).toMatchObject({ code: 'ENG_SOURCE_GAP' });
    expect(error.message).toMatch(
      /partition 0: .*began at offset 40 with crc [0-9a-f]{8}, now it begins at 40 with crc/,
    );
  });

  it('R4: stops when the log ends before the resume point, and says how much is gone', async () => {
    const topic = await topicWith(valuesOf([20]));
    const reader = new Reader(topic).open(new Map([[0, { nextOffset: 100, lastBatch: null }]]));
    const error = await reader.untilError();
    expect(error).toMatchObject({ code: 'ENG_SOURCE_GAP' });
    expect(error.message).toContain(
      'before offset 100, the log now ends at 20: 80 records are gone',
    );
  });

  it('R4: stops when records before the resume point were deleted, or goes on if told to', async () => {
    const topic = await topicWith(valuesOf([20]), { perBatch: 1 });
    await deleteBefore(topic, 0, 15);
    const points = new Map([[0, { nextOffset: 10, lastBatch: null }]]);
    const error = await new Reader(topic).open(points).untilError();
    expect(error.message).toContain(
      'before offset 10, the log now begins at 15: 5 records are gone',
    );
    const skipping = new Reader(topic, {}, { onDataLoss: 'skip' }).open(points);
    await skipping.untilAt(new Map([[0, 20]]));
    expect(skipping.records().get(0)).toHaveLength(5);
    expect(skipping.notices.join()).toContain('5 records are gone');
    const [told] = skipping.events.filter((event) => event.kind === 'partitions');
    expect(told?.starts).toEqual(new Map([[0, 15]]));
  });

  it('R4: stops when the records to come next are deleted while it is paused', async () => {
    const topic = await topicWith(valuesOf([200]), { perBatch: 1 });
    const reader = new Reader(topic).open();
    await reader.untilAt(new Map([[0, 200]]));
    reader.port.pause([0]);
    await fill(topic, { records: valuesOf([100], 'more'), perBatch: 1 });
    await deleteBefore(topic, 0, 250);
    reader.port.resume([0]);
    const error = await reader.untilError();
    expect(error.message).toContain('before offset 200, the log now begins at 250');
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'passes %s batches through, for the workers to decompress',
    async (compression) => {
      const records = valuesOf([300, 200], 'abc'.repeat(20));
      const topic = await topicWith(records, { compression, perBatch: 50 });
      const reader = new Reader(topic).open();
      await reader.untilAt(endsOf(records));
      expect(reader.records()).toEqual(new Map([...records]));
      const [frame] = framesIn(reader.events);
      expect(frame!.buffer.byteLength).toBeLessThan(500 * 60);
    },
  );

  it('leaves aborted transactions out, and the offsets still tile', async () => {
    const topic = await topicWith(valuesOf([10]));
    await fill(topic, { records: valuesOf([10], 'aborted'), transaction: 'aborted', perBatch: 5 });
    await fill(topic, { records: valuesOf([10], 'good'), transaction: 'committed', perBatch: 5 });
    await fill(topic, { records: valuesOf([4], 'gone'), transaction: 'aborted' });
    // The markers are written after the answer: until then the stable end is before its transaction.
    const ends = new Map([[0, 34 + 3]]);
    await expect.poll(() => openSource(topic).ends()).toEqual(ends);
    const reader = new Reader(topic).open();
    await reader.untilAt(ends);
    const expected = [...valuesOf([10]).get(0)!, ...valuesOf([10], 'good').get(0)!];
    expect(reader.records().get(0)).toEqual(expected);
    expect(reader.next).toEqual(ends);
    const frame = await reader.port.reread(0, 0, ends.get(0)!);
    expect(recordsOf(frame, 'kafka-v2').get(0)).toEqual(expected);
  });

  it('rereads the bytes that were read, across many responses', async () => {
    const records = valuesOf([9000], 'y'.repeat(1000));
    const topic = await topicWith(records, { perBatch: 300 });
    const reader = new Reader(topic).open();
    await reader.untilAt(endsOf(records));
    const read = Buffer.concat(
      framesIn(reader.events).flatMap(({ buffer, slices }) =>
        slices.map(({ start, length }) => Buffer.from(buffer, start, length)),
      ),
    );
    const again = await reader.port.reread(0, 0, 9000);
    expect(Buffer.from(again.buffer).equals(read)).toBe(true);
    await expect(reader.port.reread(0, 8990, 9050)).rejects.toMatchObject({
      code: 'ENG_SOURCE_GAP',
    });
  });

  it('starts at the latest record, at a time, and at committed offsets when told to', async () => {
    const topic = await topicWith(valuesOf([10]));
    await pause(20);
    const time = Date.now();
    await pause(20);
    await fill(topic, { records: valuesOf([5], 'later') });
    const atTime = new Reader(topic, { start: time }).open();
    await atTime.untilAt(new Map([[0, 15]]));
    expect(atTime.records()).toEqual(valuesOf([5], 'later'));
    const group = freshName('group');
    const latest = new Reader(topic, { start: 'latest', group }).open();
    await latest.until(() => latest.events.some((event) => event.kind === 'empty'));
    expect(framesIn(latest.events)).toEqual([]);
    await latest.port.commit(new Map([[0, 12]]));
    await latest.close();
    const committed = new Reader(topic, { start: 'committed', group }).open();
    await committed.untilAt(new Map([[0, 15]]));
    expect(committed.records().get(0)).toEqual(['later-0-2', 'later-0-3', 'later-0-4']);
  });

  it('stores offsets after it was closed too', async () => {
    const topic = await topicWith(valuesOf([10]));
    const group = freshName('group');
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(new Map([[0, 10]]));
    await reader.close();
    await reader.port.commit(new Map([[0, 7]]));
    const [offsets] = await asAdmin((admin) =>
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    );
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '7' }]);
  });

  it('T5: says empty with the time polled, not with the time paused', async () => {
    const topic = await topicWith(valuesOf([3, 0]));
    const reader = new Reader(topic).open();
    const polled = (partition: number): number =>
      reader.events.reduce(
        (sum, event) =>
          event.kind === 'empty' && event.partition === partition ? sum + event.polledMs : sum,
        0,
      );
    await reader.until(() => polled(0) > 500 && polled(1) > 500);
    reader.port.pause();
    const before = polled(1);
    const begun = performance.now();
    await pause(1500);
    reader.port.resume();
    await reader.until(() => polled(1) > before + 300);
    const elapsed = performance.now() - begun;
    expect(polled(1) - before).toBeLessThan(elapsed - 1400);
  });

  it(
    'finds partitions that are added, and reads them from their beginning',
    { timeout: 90_000 },
    async () => {
      const topic = await topicWith(valuesOf([5]));
      const reader = new Reader(topic).open();
      await reader.untilAt(new Map([[0, 5]]));
      await asAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
      await pause(500);
      await fill(topic, { records: new Map([[1, ['new']]]) });
      await reader.until(() => reader.next.get(1) === 1, 60_000);
      const told = reader.events.filter((event) => event.kind === 'partitions');
      expect(told).toEqual([
        { kind: 'partitions', partitions: [0], starts: new Map([[0, 0]]) },
        { kind: 'partitions', partitions: [0, 1], starts: new Map([[1, 0]]) },
      ]);
    },
  );

  it('R8: pauses while another member holds partitions, names it, and goes on when it leaves', async () => {
    const records = valuesOf([100, 100]);
    const topic = await topicWith(records);
    const group = freshName('group');
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(endsOf(records));
    const other = stockKafka().consumer({ groupId: group });
    undo.push(() => other.disconnect());
    await other.connect();
    await other.subscribe({ topics: [topic] });
    await other.run({ eachMessage: () => Promise.resolve() });
    await reader.until(() =>
      reader.notices.some((text) => text.includes('waiting until it leaves')),
    );
    expect(reader.notices.join()).toMatch(
      new RegExp(`partition [01] of topic ${topic} is read by engine-test at .* of group ${group}`),
    );
    await fill(topic, { records: valuesOf([10, 10], 'held') });
    await pause(1000);
    expect(reader.next).toEqual(endsOf(records));
    await other.disconnect();
    await reader.untilAt(
      new Map([
        [0, 110],
        [1, 110],
      ]),
    );
    expect(reader.notices.at(-1)).toContain('ours again');
  });

  it('does not wait for the session of a reader that died', async () => {
    const records = valuesOf([5]);
    const topic = await topicWith(records);
    const group = freshName('group');
    const child = spawn(process.execPath, ['--input-type=module', '-e', READER_PROCESS], {
      env: { ...process.env, TOPIC: topic, GROUP: group, BASE: import.meta.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const begun = performance.now();
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(endsOf(records));
    expect(performance.now() - begun).toBeLessThan(8_000);
  });

  it('can be asked about its cluster and ends from several places at once', async () => {
    const topic = await topicWith(valuesOf([3, 4]));
    const notices: string[] = [];
    const port = openSource(topic, {}, { onNotice: (text) => notices.push(text) });
    const ask = () => Promise.all([port.identity(), port.ends(), port.reread(1, 0, 4)]);
    const [before] = await Promise.all([ask(), ask()]);
    const subscription = port.open(new Map()).subscribe();
    const during = await ask();
    subscription.unsubscribe();
    const after = await ask();
    expect([before[0], during[0]]).toEqual([after[0], after[0]]);
    expect(after[1]).toEqual(
      new Map([
        [0, 3],
        [1, 4],
      ]),
    );
    expect(notices).toEqual([]);
  });

  it('says in plain words which topic is missing and what to do', async () => {
    const reader = new Reader(freshName('missing')).open();
    const error = await reader.untilError();
    expect(error).toMatchObject({ code: 'ENG_KAFKA_FAILED' });
    expect(error.message).toMatch(/there is no topic test-missing.*engine load/);
    expect(reader.notices[0]).toContain('does not exist yet');
  });

  it('begins when the topic appears within some seconds', async () => {
    const topic = freshName('late');
    const reader = new Reader(topic).open();
    await reader.until(() => reader.notices.length > 0);
    await makeTopic(topic, 1);
    undo.push(() => removeTopic(topic));
    await fill(topic, { records: valuesOf([3]) });
    await reader.untilAt(new Map([[0, 3]]));
  });

  it('fails within reasonable time, naming the address, when no broker answers', async () => {
    const node = { addresses: ['127.0.0.1:1'] };
    const { kafkaSource } = await import('./source.ts');
    const connection = { ...brokerConnection(), ...node };
    const config = { topic: 'any', group: 'any', start: 'earliest' };
    const connector = { kind: 'kafka', config, connection };
    const notices: string[] = [];
    const port = kafkaSource({ name: 'readings', connector } as never, {
      pipeline: 'test',
      signal: new AbortController().signal,
      onNotice: () => undefined,
    });
    const error = await new Promise<Error>((resolve) => {
      port.open(new Map()).subscribe({
        next: (event) => event.kind === 'notice' && notices.push(event.text),
        error: resolve,
      });
    });
    expect(error).toMatchObject({ code: 'ENG_KAFKA_CONNECT' });
    expect(error.message).toContain('127.0.0.1:1');
    expect(notices[0]).toContain('trying again');
  });

  it('gives every event to one subscriber only while it listens', async () => {
    const topic = await topicWith(valuesOf([3]));
    const port = openSource(topic);
    const first = await eventsOf(port, new Map(), (events) => events.length > 2);
    const again = await eventsOf(port, new Map(), (events) => framesIn(events).length > 0);
    expect(first[0]?.kind).toBe('partitions');
    expect(again[0]?.kind).toBe('partitions');
  });
});
