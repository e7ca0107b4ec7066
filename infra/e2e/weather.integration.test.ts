import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weatherRows } from '../oracles/weather.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables, weatherPipeline } from './project.fixture.ts';
import { expectRows } from './rows.fixture.ts';
import { madeUpRecording } from './recording.fixture.ts';
import { readTopic } from './topic.fixture.ts';

// The recording of real readings lies beside the checkout; without it, one of the same form is made.
const RECORDING = join(import.meta.dirname, '../../../shared/data/weather-2024-03-28.ndjson');
const recording = existsSync(RECORDING) ? readFileSync(RECORDING, 'utf8') : madeUpRecording();
const lines = recording.split('\n').filter((line) => line !== '');

const topic = freshName('readings');
const keyspace = new TestKeyspace(freshName('weather'));
// The shipped definition; names of its own, so that tests do not meet, and rows of 2024 that live on.
const definition = weatherPipeline
  .replaceAll('kafka-weather-events', topic)
  .replaceAll('weather_keyspace', keyspace.name)
  .replaceAll('weather-dead-letters', `${topic}_letters`)
  .replaceAll('heat-alerts', `${topic}_heat`)
  .replace('ttl: 30d', 'ttl: 7000d');

const project = new Project(serverVariables());
const expected = weatherRows([lines], { ended: false });
let loaded: EngineRun;
let run: EngineRun;

beforeAll(async () => {
  project.write('weather.yaml', definition);
  project.write('recording.ndjson', recording);
  loaded = await project.engine('load', 'recording.ndjson', '--topic', topic, '--key', 'city');
  run = await project.engine('run', 'weather.yaml', '--until', 'end', '--json');
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
});

describe('pipelines/weather.yaml on Kafka and Cassandra', () => {
  it('reads every record that was loaded', async () => {
    expect(loaded.ended).toBe(true);
    const records = await readTopic(topic);
    expect(records.map(({ value }) => Buffer.from(value ?? '').toString()).sort()).toEqual(
      lines.toSorted(),
    );
    expect(run.summary).toMatchObject({
      records: lines.length,
      filtered: 0,
      late: 0,
      deadLetters: {},
      finished: false,
    });
  });

  it('keeps the records of a city in one partition, in order', async () => {
    const records = await readTopic(topic);
    const partitions = new Map<string, Set<number>>();
    for (const { key, partition } of records) {
      const city = Buffer.from(key ?? '').toString();
      partitions.set(city, (partitions.get(city) ?? new Set()).add(partition));
    }
    expect(partitions.size).toBe(12);
    expect([...partitions.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('writes a row for each reading, in the table the original project had', async () => {
    expect((await keyspace.columns('weather_table')).map(Object.values).sort()).toEqual([
      ['city', 'partition_key', 0, 'text'],
      ['date', 'partition_key', 1, 'text'],
      ['feels_like', 'regular', -1, 'float'],
      ['lat', 'regular', -1, 'float'],
      ['lon', 'regular', -1, 'float'],
      ['temperature', 'regular', -1, 'float'],
      ['temperature_minus_feels_like', 'regular', -1, 'float'],
    ]);
    const rows = await keyspace.rows('weather_table');
    expect(rows).toHaveLength(372);
    expectRows(rows, expected.felt, { key: ['city', 'date'] });
  });

  it('W1, R7: writes ten-minute windows as an independent computation has them, open ones too', async () => {
    expect(run.summary.provisional).toBe(true);
    expectRows(
      await keyspace.rows('weather_10m'),
      expected.tenMinutes.map(({ complete: _, ...row }) => row),
      { key: ['city', 'window_start'], about: ['avg_temperature', 'variance_temperature'] },
    );
  });

  it('W1, R7: writes sliding hours as an independent computation has them, open ones too', async () => {
    expect(expected.lastHour.length).toBeGreaterThan(100);
    expectRows(
      await keyspace.rows('weather_1h'),
      expected.lastHour.map(({ complete: _, ...row }) => row),
      { key: ['city', 'window_start'], about: ['avg_temperature', 'stddev_temperature'] },
    );
  });

  it('R7: tells complete windows from open ones when they are queried', async () => {
    const query = await project.engine('query', 'weather_10m', '--json', '--limit', '1000');
    const rows = query.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(new Set(rows.map(({ city }) => city)).size).toBe(12);
    const shown = rows.map(({ city, window_start, complete }) =>
      [city, Date.parse(String(window_start)), complete].join(' '),
    );
    const wanted = expected.tenMinutes.map((row) =>
      [row.city, row.window_start, row.complete].join(' '),
    );
    expect(shown.sort()).toEqual(wanted.sort());
  });

  it('goes on where it stopped: a second run reads nothing again and changes no row', async () => {
    const before = await keyspace.rows('weather_10m');
    const again = await project.engine('run', 'weather.yaml', '--until', 'end', '--json');
    expect(again.summary).toMatchObject({ records: 0, resumed: true });
    expectRows(await keyspace.rows('weather_10m'), before, { key: ['city', 'window_start'] });
  });
});
