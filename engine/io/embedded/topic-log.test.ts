import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../workers/protocol.ts';
import type { Column, RowBatch } from '../../core/batch.ts';
import type { SourceEvent, SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { cellsOf, sinkNode } from '../json-rows.fixture.ts';
import { batchOf, describeSink, recorder, recordOrigin } from '../sink-contract.suite.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import { lockState } from '../checkpoint/state-directory.ts';
import { encodeBatch, type LogRecord } from './log-batch.ts';
import { topicLogDeadLetters, topicLogSink } from './topic-log-sink.ts';
import { topicLogSource, type PollClock, type TopicLogSourceConfig } from './topic-log-source.ts';
import { listTopics, readTopic, topicExists, topicPath } from './topic-log.ts';
import { openTopic } from './topic-writer.ts';

const TOPIC = 'heat-alerts';
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'topic-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const record = (value: string, change: Partial<LogRecord> = {}): LogRecord => ({
  ...{ timestamp: 1000, key: null, value: Buffer.from(value), headers: [] },
  ...change,
});

/** Appends batches to partition 0. */
async function append(...batches: LogRecord[][]): Promise<void> {
  const writer = await openTopic(directory, TOPIC);
  for (const batch of batches) await writer.append(0, batch);
  await writer.close();
}

async function values(fromOffset = 0): Promise<string[]> {
  const read: string[] = [];
  for await (const { offset, value } of readTopic(directory, TOPIC, new Map([[0, fromOffset]]))) {
    read.push(`${offset} ${Buffer.from(value ?? []).toString()}`);
  }
  return read;
}

const textsOf = (record: LogRecord | undefined) =>
  record?.headers.map(
    ([name, value]) => [name, new TextDecoder().decode(value ?? undefined)] as const,
  );

async function allRecords(): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const each of readTopic(directory, TOPIC)) records.push(each);
  return records;
}

/** A clock that jumps ahead by what is waited for, after a turn of the event loop. */
function jumpingClock(): PollClock {
  let now = 0;
  return {
    nowMs: () => now,
    async wait(ms) {
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const source = (config: Partial<TopicLogSourceConfig> = {}): SourcePort =>
  topicLogSource(
    {
      connector: {
        kind: 'topic_log',
        config: { topic: TOPIC, start: 'earliest', ...config },
        connection: null,
      },
    } as SourceNode,
    recorder().context,
    directory,
    jumpingClock(),
  );

describeSource('a topic log', {
  framing: 'kafka-v2',
  bounded: false,
  place: async () => {
    const words = Array.from(
      { length: 2500 },
      (_, i) => `{"n": ${i}, "text": "${'x'.repeat(900)}"}`,
    );
    for (let i = 0; i < words.length; i += 700) {
      await append(words.slice(i, i + 700).map((word) => record(word)));
    }
    const other = words.slice(0, 100);
    const writer = await openTopic(directory, TOPIC);
    await writer.append(
      2,
      other.map((word) => record(word)),
    );
    await writer.close();
    const records = new Map([
      [0, words],
      [1, []],
      [2, other],
      [3, []],
    ]);
    return { source, records, remove: async () => undefined };
  },
});

describeSink('a topic log', {
  upserts: false,
  refusesNullKeys: false,
  keepsNegativeZero: false,
  expires: false,
  place: async ({ columns }) => ({
    sink: (context) =>
      topicLogSink(sinkNode('topic_log', columns, { topic: TOPIC, key: null }), context, directory),
    rows: async () => {
      const rows = [];
      for await (const { value } of readTopic(directory, TOPIC)) {
        rows.push(cellsOf(columns, Buffer.from(value ?? []).toString()));
      }
      return rows;
    },
    remove: async () => undefined,
  }),
});

describe('a topic log', () => {
  it('gives offsets in order over batches and runs', async () => {
    await append([record('a'), record('b')], [record('c')]);
    await append([record('d')]);
    expect(await values()).toEqual(['0 a', '1 b', '2 c', '3 d']);
    expect(await values(2)).toEqual(['2 c', '3 d']);
  });

  it('is not there before it is written to, and is listed then', async () => {
    expect(topicExists(directory, TOPIC)).toBe(false);
    expect(listTopics(directory)).toEqual([]);
    expect(await values()).toEqual([]);
    await append([record('a')]);
    expect(topicExists(directory, TOPIC)).toBe(true);
    expect(listTopics(directory)).toEqual([TOPIC]);
  });

  it('refuses names that would leave its directory', () => {
    for (const name of ['..', '.', 'a/b', '', '../x', 'a\\b', 'x'.repeat(250)]) {
      expect(() => topicPath(directory, name)).toThrow('no name of a topic');
    }
  });

  it('loses a batch that a crash cut off, at whatever byte, and nothing else', async () => {
    await append([record('a')]);
    const path = topicPath(directory, TOPIC);
    const whole = readFileSync(path);
    const torn = encodeBatch([record('torn')], 1);
    for (let length = 0; length < torn.length; length++) {
      writeFileSync(path, Buffer.concat([whole, torn.subarray(0, length)]));
      expect(await values()).toEqual(['0 a']);
      await append([record('b')]);
      expect(await values()).toEqual(['0 a', '1 b']);
    }
  });

  it('loses a last batch whose bytes did not reach the disk', async () => {
    await append([record('a')]);
    const damaged = Buffer.from(encodeBatch([record('hole')], 1)).fill(0, 70);
    appendFileSync(topicPath(directory, TOPIC), damaged);
    await append([record('b')]);
    expect(await values()).toEqual(['0 a', '1 b']);
  });

  it('is shared by all that write it in this process', async () => {
    const [one, two] = await Promise.all([
      openTopic(directory, TOPIC),
      openTopic(directory, TOPIC),
    ]);
    await Promise.all([one.append(0, [record('a')]), two.append(0, [record('b')])]);
    await one.close();
    await one.close();
    await two.append(0, [record('c')]);
    await two.close();
    expect((await values()).length).toBe(3);
  });

  it('is written by one process at a time, and names the other', async () => {
    await append([record('a')]);
    const home = dirname(topicPath(directory, TOPIC));
    const unlock = lockState(home, 'of another process');
    writeFileSync(join(home, 'lock.pid'), '4711');
    await expect(openTopic(directory, TOPIC)).rejects.toThrow(
      `that writes topic ${TOPIC} is already running in process 4711`,
    );
    unlock();
    await append([record('b')]);
  });

  it('can be opened again at any moment of its being closed', async () => {
    const moments = 30;
    for (let moment = 0; moment < moments; moment++) {
      const writer = await openTopic(directory, TOPIC);
      const closing = writer.close();
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      const again = await openTopic(directory, TOPIC);
      await again.append(0, [record('a')]);
      await Promise.all([closing, again.close()]);
    }
    expect(await values()).toHaveLength(moments);
  });
});

function resumeAfter(turns: number, opened: SourcePort): void {
  setImmediate(() => {
    if (turns === 0) opened.resume();
    else resumeAfter(turns - 1, opened);
  });
}

describe('a topic log as a source', () => {
  const atEnd = (events: readonly SourceEvent[]): boolean => events.at(-1)?.kind === 'empty';
  const read = async (config: Partial<TopicLogSourceConfig>): Promise<string[]> =>
    framesIn(await eventsOf(source(config), new Map(), atEnd)).flatMap(
      (frame) => recordsOf(frame, 'kafka-v2').get(0) ?? [],
    );

  it('begins where it is told to', async () => {
    const at = (timestamp: number): LogRecord[] => [record(`at ${timestamp}`, { timestamp })];
    await append(at(1000), at(2000), at(3000));
    expect(await read({ start: 'earliest' })).toEqual(['at 1000', 'at 2000', 'at 3000']);
    expect(await read({ start: 'latest' })).toEqual([]);
    expect(await read({ start: 1500 })).toEqual(['at 2000', 'at 3000']);
    expect(await read({ start: 9999 })).toEqual([]);
  });

  it('reads on while the log grows, from before it is there', async () => {
    const written: string[] = [];
    const seen: string[] = [];
    await eventsOf(source({ start: 'latest' }), new Map(), (events) => {
      const last = events.at(-1);
      if (last?.kind === 'frame') seen.push(...(recordsOf(last.frame, 'kafka-v2').get(0) ?? []));
      if (last?.kind === 'empty' && seen.length === written.length && written.length < 3) {
        written.push(`n${written.length}`);
        void append([record(written.at(-1) ?? '')]);
      }
      return seen.length === 3;
    });
    expect(seen).toEqual(['n0', 'n1', 'n2']);
  });

  it('T5: says empty with the time polled, and does not count the time it was paused', async () => {
    await append([record('a')]);
    const opened = source();
    const polled: number[] = [];
    await eventsOf(opened, new Map(), (events) => {
      const last = events.at(-1);
      if (last?.kind === 'empty' && last.partition === 0) polled.push(last.polledMs);
      if (last?.kind === 'empty' && last.partition !== 3) return false;
      if (polled.length === 3) {
        opened.pause();
        resumeAfter(5, opened);
      }
      return polled.length === 5;
    });
    expect(polled.slice(0, 3)).toEqual([0, 50, 50]);
    expect(polled[3]).toBe(0);
  });

  it('R4: stops when the log ends before what comes next', async () => {
    await append([record('a')]);
    const resumed$ = source().open(new Map([[0, { nextOffset: 5, lastBatch: null }]]));
    await expect(lastValueFrom(resumed$)).rejects.toThrow('ends at offset 1, but 5 comes next');
  });

  it('R4: stops when the batch it read before is another one', async () => {
    await append([record('a')], [record('b')]);
    const lastBatch = { baseOffset: 0, crc: 1 };
    const resumed$ = source().open(new Map([[0, { nextOffset: 1, lastBatch }]]));
    await expect(lastValueFrom(resumed$)).rejects.toThrow('offset 0 is not the record');
  });

  it('R4: fails to read again what was cut off under it', async () => {
    await append([record('a')], [record('b')]);
    const opened = source();
    expect((await opened.reread(0, 0, 2)).slices).toHaveLength(1);
    truncateSync(topicPath(directory, TOPIC), 40);
    await expect(opened.reread(0, 0, 2)).rejects.toThrow('offset 0 is not there any more');
  });
});

describe('a topic log as a sink', () => {
  const columns: Column[] = [
    { name: 'city', type: 'string', nullable: true },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'window_end', type: 'timestamp', nullable: false },
  ];
  async function written(
    batch: RowBatch,
    config: Record<string, unknown> = {},
  ): Promise<LogRecord[]> {
    const node = sinkNode('topic_log', columns, { topic: TOPIC, key: 'city', ...config });
    const sink = topicLogSink(node, recorder().context, directory);
    await sink.open(null);
    await sink.write(batch);
    await sink.close();
    return allRecords();
  }

  it('R6: keeps key, event time and a deterministic id of records', async () => {
    const origin = recordOrigin(1, 5000, 17);
    const [row] = await written(batchOf(columns, [['Brest', 1, 2]], origin));
    expect(Buffer.from(row?.key ?? []).toString()).toBe('Brest');
    expect(row?.timestamp).toBe(5000);
    expect(textsOf(row)).toEqual([['engine-id', '["contract","out","readings",0,17]']]);
  });

  it('puts rows of one key in one partition, in order, and rows without in the one they had', async () => {
    const cities = ['Paris', 'Brest', 'Nice', null, 'Paris', null, 'Lyon', 'Nice'];
    const origin = { ...recordOrigin(cities.length), partition: 6 } as RowBatch['origin'];
    await written(
      batchOf(
        columns,
        cities.map((city, i) => [city, i, 0]),
        origin,
      ),
    );
    const at = new Map<string, string[]>();
    for await (const { partition, key, value } of readTopic(directory, TOPIC)) {
      const city = key === null ? 'none' : Buffer.from(key).toString();
      const { window_start: start } = JSON.parse(Buffer.from(value ?? []).toString()) as {
        window_start: string;
      };
      at.set(city, [...(at.get(city) ?? []), `${partition} ${start.slice(20, 23)}`]);
    }
    expect(at).toEqual(
      new Map([
        ['Paris', ['0 ', '0 004']],
        ['Nice', ['1 002', '1 007']],
        ['Brest', ['2 001']],
        ['none', ['2 003', '2 005']],
        ['Lyon', ['3 006']],
      ]),
    );
  });

  it('R6: identifies window rows by the columns named, W8: their time is window_end − 1 ms', async () => {
    const origin = { kind: 'window', stage: 's' } as const;
    const batch = batchOf(columns, [['Brest', 0, 60_000]], origin);
    const [row] = await written(batch, { identity: ['city', 'window_start'] });
    expect(textsOf(row)).toEqual([
      ['engine-id', '["contract","out","Brest","1970-01-01T00:00:00Z"]'],
    ]);
    expect(row?.timestamp).toBe(59_999);
  });

  it('takes dead letters with their bytes', async () => {
    const letter: DeadLetter = {
      ...{ code: 'DECODE', reason: 'unexpected end', stage: 'readings', source: 'readings' },
      ...{ partition: 0, offset: 3, timestamp: null, key: null, value: Buffer.from('{"a') },
    };
    const connector = { kind: 'topic_log', config: { topic: TOPIC }, connection: null };
    const letters = topicLogDeadLetters(connector, recorder().context, directory, () => 77);
    await letters.open();
    await letters.write([letter]);
    await letters.close();
    await expect(letters.write([letter])).rejects.toThrow('closed');
    const [first] = await allRecords();
    expect(first?.timestamp).toBe(77);
    expect(Buffer.from(first?.value ?? []).toString()).toBe('{"a');
    expect(new Map(textsOf(first))).toEqual(
      new Map([
        ['engine-id', '["contract","readings","readings",0,3]'],
        ['engine-code', 'DECODE'],
        ['engine-reason', 'unexpected end'],
        ['engine-stage', 'readings'],
        ['engine-source', 'readings'],
        ['engine-partition', '0'],
        ['engine-offset', '3'],
        ['engine-pipeline', 'contract'],
      ]),
    );
  });

  it('takes dead letters of rows of windows, which have no partition', async () => {
    const letter: DeadLetter = {
      ...{ code: 'EXPRESSION', reason: 'total is out of range', stage: 'tens', source: 'tens' },
      ...{ partition: -1, offset: -1, timestamp: null },
      ...{ key: Buffer.from('["a","2024-03-28T00:00:00Z"]'), value: Buffer.from('{"k":"a"}') },
    };
    const connector = { kind: 'topic_log', config: { topic: TOPIC }, connection: null };
    const letters = topicLogDeadLetters(connector, recorder().context, directory, () => 77);
    await letters.open();
    await letters.write([letter]);
    await letters.close();
    const kept = await allRecords();
    expect(kept.map(({ key }) => Buffer.from(key ?? []).toString())).toEqual([
      '["a","2024-03-28T00:00:00Z"]',
    ]);
  });
});
