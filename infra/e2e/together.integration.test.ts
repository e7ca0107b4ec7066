import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineRun } from './engine-run.fixture.ts';
import { Project, weatherPipeline } from './project.fixture.ts';
import { type Row, expectRows } from './rows.fixture.ts';

// Several pipelines in one process, without servers: what one writes is what the other reads (K3).
const producer = `
name: producer
timezone: Europe/Paris
connections:
  kafka: { brokers: "\${KAFKA_BROKERS:-embedded}" }
sources:
  readings:
    simulate: weather
    span: 24h
    every: 30s
    format: json
    schema: { date: string!, city: string!, lat: float, lon: float, temperature: float!, feels_like: float! }
    event_time: { column: date, pattern: "yyyy-MM-dd HH:mm:ss" }
sinks:
  topic: { from: readings, kafka: { topic: kafka-weather-events, key: city } }
`;
const together = new Project();
const alone = new Project();
let run: EngineRun;

const key = ['city', 'window_start'];
function rowsOf(project: Project, table: string): Row[] {
  const database = new DatabaseSync(project.path('.engine/embedded/weather_keyspace.db'), {
    readOnly: true,
  });
  try {
    return (database.prepare(`SELECT * FROM ${table}`).all() as Row[]).map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

beforeAll(async () => {
  for (const project of [together, alone]) project.write('weather.yaml', weatherPipeline);
  together.write('producer.yaml', producer);
  await alone.engine('run', 'weather.yaml', '--json');
  // The reader is named first: the order does not matter.
  run = await together.engine('run', 'weather.yaml', 'producer.yaml', '--until', 'end');
});
afterAll(async () => {
  await together.remove();
  await alone.remove();
});

describe('a producer and a reader in one process', () => {
  it('K3: share a topic that is kept here, and say which of them speaks', () => {
    expect(run.stderr).toContain('weather: no broker configured (KAFKA_BROKERS): readings reads');
    expect(run.stderr).toContain('producer ran to the end of its sources');
    expect(run.stderr).toContain('weather stopped');
  });

  it('R7: --until end waits for what feeds a pipeline, so the rows are those of one that simulates', () => {
    expectRows(rowsOf(together, 'weather_table'), rowsOf(alone, 'weather_table'), {
      key: ['city', 'date'],
    });
    expectRows(rowsOf(together, 'weather_10m'), rowsOf(alone, 'weather_10m'), {
      key,
      about: ['avg_temperature', 'variance_temperature'],
    });
    expectRows(rowsOf(together, 'weather_1h'), rowsOf(alone, 'weather_1h'), {
      key,
      about: ['avg_temperature', 'stddev_temperature'],
    });
  });

  it('are both found by query', async () => {
    const { lines } = await together.engine('query', 'weather_10m', '--json', '--limit', 'all');
    expect(new Set(lines.map((line) => (JSON.parse(line) as Row)['city'])).size).toBe(12);
  });

  it('must have names of their own', async () => {
    const twice = together.start('run', 'weather.yaml', 'weather.yaml');
    expect(await twice.exitCode()).toBe(2);
    expect(twice.stderr).toContain('two of the definitions are called weather');
  });

  it('drain when one of them fails: what has no end of its own ends all the same', async () => {
    together.write('bad.ndjson', 'no json\n');
    together.write(
      'failing.yaml',
      producer
        .replace('name: producer', 'name: failing')
        .replace(/simulate: weather\n.*\n.*\n/, 'file: bad.ndjson\n')
        .concat('errors: { decode: fail }\n'),
    );
    const failing = together.start('run', 'weather.yaml', 'failing.yaml');
    expect(await failing.exitCode()).toBe(1);
    expect(failing.stderr).toContain('stage readings: not JSON');
    const next = await together.engine('run', 'weather.yaml', '--until', 'end', '--json');
    expect(next.summary).toMatchObject({ resumed: true, records: 0 });
  });
});
