import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptTopicEnds, keptTopics, readKeptTopic } from './kept-topics.ts';
import type { LogRecord } from './log-batch.ts';
import { openTopic } from './topic-writer.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kept-topics-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const records = (...values: string[]): LogRecord[] =>
  values.map((value) => ({
    ...{ timestamp: 1000, key: Buffer.from('k'), value: Buffer.from(value), headers: [] },
  }));

async function append(partition: number, ...values: string[]): Promise<void> {
  const writer = await openTopic(directory, 'alerts');
  await writer.append(partition, records(...values));
  await writer.close();
}

async function read(from: [number, number][], until: [number, number][]): Promise<string[]> {
  const seen: string[] = [];
  const range = { topic: 'alerts', from: new Map(from), until: new Map(until) };
  await readKeptTopic(directory, range, ({ partition, offset, value }) => {
    seen.push(`${partition}@${offset} ${String(value)}`);
    return true;
  });
  return seen;
}

describe('topics that are kept without a broker', () => {
  it('are listed with their records, and have ends', async () => {
    expect(await keptTopics(directory)).toEqual([]);
    await append(0, 'a', 'b');
    await append(3, 'c');
    expect(await keptTopics(directory)).toEqual([{ name: 'alerts', partitions: 4, records: 3 }]);
    expect([...(await keptTopicEnds(directory, 'alerts'))]).toEqual([
      [0, { low: 0, high: 2 }],
      [1, { low: 0, high: 0 }],
      [2, { low: 0, high: 0 }],
      [3, { low: 0, high: 1 }],
    ]);
  });

  it('are read from an offset until an offset', async () => {
    await append(0, 'a', 'b', 'c');
    await append(2, 'd');
    const ends: [number, number][] = [
      [0, 2],
      [2, 1],
    ];
    expect(await read([[0, 1]], ends)).toEqual(['0@1 b', '2@0 d']);
  });

  it('are read on as they grow, until the reader has enough', async () => {
    await append(0, 'a');
    const seen: string[] = [];
    const range = { topic: 'alerts', from: new Map([[0, 0]]), until: null };
    const reading = readKeptTopic(directory, range, ({ value }) => {
      seen.push(String(value));
      if (seen.length === 1) void append(0, 'b', 'c');
      return seen.length < 3;
    });
    await reading;
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('suggests a name that is like the one asked for', async () => {
    await append(0, 'a');
    await expect(keptTopicEnds(directory, 'alert')).rejects.toThrow('did you mean alerts?');
  });
});
