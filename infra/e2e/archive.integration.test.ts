import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchRows } from '../oracles/batch.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { Project, batchPipeline, weatherPipeline } from './project.fixture.ts';
import { type Row, expectRows } from './rows.fixture.ts';

// No servers: the stream is a day of simulated weather, four partitions of it.
const stream = new Project();
const replay = new Project();
let first: EngineRun;

beforeAll(async () => {
  stream.write('weather.yaml', weatherPipeline);
  stream.write('batch.yaml', batchPipeline);
  replay.write('weather.yaml', weatherPipeline);
  first = await stream.engine('run', 'weather.yaml', '--json');
});
afterAll(async () => {
  await stream.remove();
  await replay.remove();
});

function table(project: Project, name: string): Row[] {
  const file = project.path('.engine/embedded/weather_keyspace.db');
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(`SELECT * FROM ${name}`).all() as Row[];
  } finally {
    database.close();
  }
}

/** Lines of the archive by file. */
function archived(): string[][] {
  const directory = stream.path('data/archive');
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => readFileSync(`${directory}/${name}`, 'utf8').trimEnd().split('\n'));
}

describe('the archive of pipelines/weather.yaml', () => {
  it('R10: has every record with its place in the stream', () => {
    const files = archived();
    expect(files.flat()).toHaveLength(first.summary.records);
    for (const lines of files) {
      const records = lines.map((line) => JSON.parse(line) as Record<string, number>);
      expect(records.map(({ _offset }) => _offset)).toEqual(records.map((_, index) => index));
      expect(new Set(records.map(({ _partition }) => _partition)).size).toBe(1);
    }
  });

  it('R10: read with --bounded, elsewhere, gives the rows of the stream', async () => {
    cpSync(stream.path('data'), replay.path('data'), { recursive: true });
    const bounded = await replay.engine('run', 'weather.yaml', '--bounded', '--json');
    expect(bounded.summary).toMatchObject({ finished: true, late: 0, deadLetters: {} });
    expect(bounded.summary.records).toBe(first.summary.records);
    expectRows(table(replay, 'weather_table'), table(stream, 'weather_table'), {
      key: ['city', 'date'],
    });
    for (const name of ['weather_10m', 'weather_1h']) {
      expectRows(table(replay, name), table(stream, name), {
        key: ['city', 'window_start'],
        about: ['avg_temperature', 'variance_temperature', 'stddev_temperature'],
      });
    }
  });

  it('R7: is the same after a second run, which reads everything again', async () => {
    const before = archived();
    const second = await stream.engine('run', 'weather.yaml', '--json');
    expect(second.summary).toMatchObject({ resumed: false, records: first.summary.records });
    expect(second.stderr).toContain(`${first.summary.records} records were archived already`);
    expect(archived()).toEqual(before);
  });

  it('is what the batch layer reads when it is told nothing else', async () => {
    const [since, until] = ['2024-03-28 08:00:00', '2024-03-28 08:05:00'];
    const run = await stream.engine(
      ...['run', 'batch.yaml', '--json', '--set', `SINCE=${since}`, '--set', `UNTIL=${until}`],
    );
    const rows = run.lines.map((line) => JSON.parse(line) as Row);
    const expected = batchRows(archived().flat(), since, until);
    expect(expected).toHaveLength(12);
    const columns = Object.keys(expected[0] ?? {});
    expectRows(rows, expected, { key: ['city'], about: columns.slice(1) });
  });
});
