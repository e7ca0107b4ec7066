import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchRows } from '../oracles/batch.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { Project, batchPipeline } from './project.fixture.ts';
import { madeUpRecording } from './recording.fixture.ts';
import { type Row, expectRows } from './rows.fixture.ts';

// The recording of real readings lies beside the checkout; without it, one of the same form is made.
const RECORDING = join(import.meta.dirname, '../../../shared/data/weather-2024-03-28.ndjson');
const recording = existsSync(RECORDING) ? readFileSync(RECORDING, 'utf8') : madeUpRecording();
const lines = recording.split('\n').filter((line) => line !== '');

const SINCE = '2024-03-28 23:25:00';
const UNTIL = '2024-03-28 23:30:00';
const expected = batchRows(lines, SINCE, UNTIL);
const comparison = {
  key: ['city'],
  about: [
    'avg_temperature',
    'variance_temperature',
    'avg_feels_like',
    'variance_feels_like',
    'diff_feels_like_temperature',
  ],
};

// No servers: the definition as it is shipped, in an environment without any.
const project = new Project();
// Outside of the project, as an archive of somebody else is.
const elsewhere = new Project();
const archive = elsewhere.write('readings.ndjson', recording);

const batch = (since: string, until: string, ...more: string[]): Promise<EngineRun> =>
  project.engine(
    ...['run', 'batch.yaml', '--set', `ARCHIVE=${archive}`],
    ...['--set', `SINCE=${since}`, '--set', `UNTIL=${until}`, ...more],
  );

const rowsOf = (run: EngineRun): Row[] => run.lines.map((line) => JSON.parse(line) as Row);

beforeAll(() => {
  project.write('batch.yaml', batchPipeline);
});
afterAll(async () => {
  await project.remove();
  await elsewhere.remove();
});

describe('pipelines/batch.yaml without servers', () => {
  it('O3 O4: prints what an independent computation over 32-bit input has, and nothing else', async () => {
    const run = await batch(SINCE, UNTIL, '--json');
    expect(expected).toHaveLength(12);
    expectRows(rowsOf(run), expected, comparison);
    expect(Object.keys(rowsOf(run)[0] ?? {})).toEqual([...comparison.key, ...comparison.about]);
    expect(run.stderr).toContain('"summary"');
  });

  it('keeps the rows in weather_batch, one a city, those of the last run', async () => {
    await batch('2024-03-28 23:20:00', SINCE);
    await batch(SINCE, UNTIL);
    const file = project.path('.engine/embedded/weather_keyspace.db');
    const database = new DatabaseSync(file, { readOnly: true });
    const rows = database.prepare('SELECT * FROM weather_batch').all() as Row[];
    database.close();
    expectRows(rows, expected, comparison);
    const query = await project.engine('query', 'weather_batch', '--json');
    expectRows(rowsOf(query), expected, comparison);
  });

  it('prints a table for people', async () => {
    const run = await batch(SINCE, UNTIL);
    expect(run.lines[0]).toMatch(/^city +avg_temperature +variance_temperature/);
    expect(run.lines).toHaveLength(2 + 12);
    expect(run.stderr).toContain('batch ran to the end of its sources');
  });

  it('takes the first instant and leaves out the last', async () => {
    const [first, second] = ['2024-03-28 23:20:19', '2024-03-28 23:20:20'];
    expect(lines[0]).toContain(first);
    const run = await batch(first, second, '--json');
    expectRows(rowsOf(run), batchRows(lines, first, second), comparison);
    expect(rowsOf(run)[0]?.['variance_temperature']).toBeNull();
    expect((await batch('2024-03-28 23:00:00', first, '--json')).lines).toEqual([]);
  });

  it('counts back from now unless it is told since when', async () => {
    const run = await project.engine('run', 'batch.yaml', '--set', `ARCHIVE=${archive}`, '--json');
    expect(run.lines).toEqual([]);
  });
});
