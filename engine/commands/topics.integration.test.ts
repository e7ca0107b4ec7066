import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshName, removeTopic } from '../io/kafka/broker.fixture.ts';

const exec = promisify(execFile);
const bin = new URL('../bin.js', import.meta.url).pathname;

/** Runs `engine` to its end. */
async function engine(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await exec(process.execPath, [bin, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

const cities = ['Brest', 'Lille', 'Metz', 'Nice', 'Paris'];
const lines = Array.from({ length: 100 }, (_, i) =>
  JSON.stringify({ city: cities[i % cities.length], at: { n: i } }),
);

describe('engine load, topics, tail and offsets', () => {
  const directory = mkdtempSync(join(tmpdir(), 'engine-load-'));
  const topic = freshName('load');

  beforeAll(async () => {
    const file = join(directory, 'events.ndjson.gz');
    writeFileSync(file, gzipSync(`${lines.join('\r\n')}\nno json\n`));
    const { code, err } = await engine('load', file, '--topic', topic, '--key', 'city');
    expect(err).toContain('101 records');
    expect(err).toContain(
      `1 of them without a key: no JSON object or no \`city\`, first at ${file}:101`,
    );
    expect(code).toBe(0);
  });

  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await removeTopic(topic);
  });

  it('has every line as it was, those of one key in one partition and in order', async () => {
    const { out } = await engine('tail', topic, '--from', 'earliest', '-n', '1000', '--json');
    const records = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { partition: number; key: string | null; value: string });
    expect(records.map(({ value }) => value).sort()).toEqual([...lines, 'no json'].sort());
    for (const city of cities) {
      const mine = records.filter(({ key }) => key === city);
      expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1);
      expect(mine.map(({ value }) => value)).toEqual(lines.filter((line) => line.includes(city)));
    }
  });

  it('prints the last records for people', async () => {
    const { out } = await engine('tail', topic, '-n', '2');
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(out).toMatch(/^[0-3]@\d+ {2}\d{4}-\d\d-\d\dT.*Z {2}\S+ {2}/);
  });

  it('lists the topic with its partitions and records', async () => {
    const { out } = await engine('topics', '--json');
    expect(JSON.parse(out)).toContainEqual({ name: topic, partitions: 4, records: 101 });
    expect((await engine('topics')).out).toMatch(new RegExp(`${topic} +4 +101\n`));
  });

  it('shows a group that has read nothing', async () => {
    const { out, err } = await engine('offsets', `weather/${topic}`, '--json');
    const { partitions } = JSON.parse(out) as { partitions: { high: number; lag: null }[] };
    expect(partitions.reduce((sum, { high }) => sum + high, 0)).toBe(101);
    expect(partitions[0]?.lag).toBeNull();
    expect(err).toBe('');
  });

  it.each([
    [['tail', `${topic}x`], 1, `did you mean ${topic}?`],
    [['offsets', topic], 2, 'write GROUP/TOPIC'],
    [['topics', '--brokers', 'nowhere'], 1, 'infra up --export'],
    [['load', '/no/such.ndjson', '--topic', 'never-made'], 1, 'cannot read /no/such.ndjson'],
    [['load', 'x', '--topic', topic, '--rate', 'fast'], 2, '1000/1s'],
  ])('says what is wrong: engine %j', async (args, code, text) => {
    const result = await engine(...args);
    expect(result.err).toContain(text);
    expect(result.code).toBe(code);
  });
});
