import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeWeather, openFakeWeather } from '../fake/openweathermap.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import {
  Project,
  batchPipeline,
  freshName,
  serverVariables,
  weatherPipeline,
} from './project.fixture.ts';

const PIPELINES = join(import.meta.dirname, '../../pipelines');
const topic = freshName('up');
const keyspace = new TestKeyspace(freshName('up'));
const own = (definition: string): string =>
  definition
    .replaceAll('kafka-weather-events', topic)
    .replaceAll('weather_keyspace', keyspace.name)
    .replaceAll('weather-dead-letters', `${topic}_letters`)
    .replaceAll('heat-alerts', `${topic}_heat`);
// Windows that close while the test looks.
const quick = own(weatherPipeline)
  .replace('tumbling: 10m, grace: 2m', 'tumbling: 5s, grace: 1s')
  .replace('sliding: 1h, every: 5m', 'sliding: 10s, every: 5s')
  .replace('out_of_order: 10s', 'out_of_order: 1s')
  .replace('checkpoint: { every: 10s', 'checkpoint: { every: 1s');

let fake: FakeWeather;
let project: Project;
let up: EngineRun;

/** Processes that a process has started, with their command lines. */
function childrenOf(pid: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return parent === pid ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}

beforeAll(async () => {
  fake = await openFakeWeather();
  project = new Project({
    ...serverVariables(),
    API_KEY: 'the-key-of-the-test',
    OPENWEATHERMAP_URL: fake.url,
  });
  mkdirSync(project.path('pipelines'));
  const producer = readFileSync(join(PIPELINES, 'producer.yaml'), 'utf8');
  project.write('pipelines/producer.yaml', own(producer).replace('rate: 60/1m', 'rate: 600/1m'));
  project.write('pipelines/weather.yaml', quick);
  project.write('pipelines/batch.yaml', own(batchPipeline));
  project.write('pipelines/cities.csv', readFileSync(join(PIPELINES, 'cities.csv')));
  up = project.start(...['up', '--for', '45s', '--batch-every', '8s', '--port', '0', '--json']);
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
  await fake.close();
});

describe('engine up', () => {
  it('starts a part again that is killed, and goes on', async () => {
    await up.until('the stream', () => / rows\/s/.test(up.stderr));
    const stream = childrenOf(up.pid).find(({ command }) => command.includes('producer.yaml'));
    expect(stream).toBeDefined();
    process.kill(stream?.pid ?? 0, 'SIGKILL');
    await up.until('the restart', () => up.stderr.includes('stream was ended by SIGKILL'));
    const before = fake.calls.length;
    await up.until('more polls', () => fake.calls.length > before + 24);
  });

  it('serves the rows of both layers while it runs', async () => {
    const url = /serving at (\S+)/.exec(up.stderr)?.[1] ?? '';
    const layers = async (): Promise<string[]> => {
      const reply = await fetch(`${url}/tables/weather_10m/rows?merged=true&limit=10000`);
      const { rows } = (await reply.json()) as { rows: { layer: string }[] };
      return [...new Set(rows.map(({ layer }) => layer))].sort();
    };
    await expect.poll(layers, { timeout: 30_000, interval: 500 }).toEqual(['batch', 'speed']);
  });

  it('ends by itself, in order, and says what memory all of it took', async () => {
    expect(await up.exitCode()).toBe(0);
    const { parts, peakSumMib } = JSON.parse(up.lines.at(-1) ?? '') as {
      parts: { name: string; peakMib: number }[];
      peakSumMib: number;
    };
    expect(parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['stream', 'batch', 'this display']) as unknown,
    );
    expect(peakSumMib).toBeLessThan(900);
    expect(up.text()).not.toContain('the-key-of-the-test');
    expect(childrenOf(up.pid)).toEqual([]);
  });

  it('leaves rows of the batch layer, and rows of the stream that its archive gives', async () => {
    const cities = new Set((await keyspace.rows('weather_batch')).map(({ city }) => city));
    expect(cities.size).toBe(12);
    const run = project.start('verify', 'pipelines/weather.yaml', '--json');
    const code = await run.exitCode();
    const sinks = run.lines.map((line) => JSON.parse(line) as { sink: string; equal: number });
    expect([run.text(), code]).toEqual([run.text(), 0]);
    expect(sinks.map(({ sink }) => sink)).toEqual(['weather_table', 'weather_10m', 'weather_1h']);
    for (const { equal } of sinks) expect(equal).toBeGreaterThan(0);
  });
});
