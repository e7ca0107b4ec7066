import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables, weatherPipeline } from './project.fixture.ts';
import { madeUpRecording } from './recording.fixture.ts';

const topic = freshName('verified');
const keyspace = new TestKeyspace(freshName('verify'));
const definition = weatherPipeline
  .replaceAll('kafka-weather-events', topic)
  .replaceAll('weather_keyspace', keyspace.name)
  .replaceAll('weather-dead-letters', `${topic}_letters`)
  .replaceAll('heat-alerts', `${topic}_heat`)
  .replace('ttl: 30d', 'ttl: 7000d');
const project = new Project(serverVariables());

interface Line {
  readonly sink: string;
  readonly equal: number;
  readonly open: number;
  readonly differences: readonly { kind: string; key: unknown; cells: { column: string }[] }[];
}

async function verify(): Promise<{ code: number | NodeJS.Signals; sinks: Map<string, Line> }> {
  const run = project.start('verify', 'weather.yaml', '--json');
  const code = await run.exitCode();
  const lines = run.lines.map((line) => JSON.parse(line) as Line);
  return { code, sinks: new Map(lines.map((line) => [line.sink, line])) };
}

beforeAll(async () => {
  project.write('weather.yaml', definition);
  project.write('recording.ndjson', madeUpRecording());
  await project.engine('load', 'recording.ndjson', '--topic', topic, '--key', 'city');
  await project.engine('run', 'weather.yaml', '--until', 'end', '--json');
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
});

describe('engine verify', () => {
  it('finds the rows of the stream in its archive, and leaves out what is still open', async () => {
    const before = await keyspace.rows('weather_10m');
    const { code, sinks } = await verify();
    expect(code).toBe(0);
    expect([...sinks.keys()]).toEqual(['weather_table', 'weather_10m', 'weather_1h']);
    for (const { equal, differences } of sinks.values()) {
      expect(equal).toBeGreaterThan(0);
      expect(differences).toEqual([]);
    }
    expect(sinks.get('weather_table')?.open).toBe(0);
    expect(sinks.get('weather_10m')?.open).toBeGreaterThan(0);
    const { equal = 0, open = 0 } = sinks.get('weather_10m') ?? {};
    expect(equal + open).toBe(before.length);
    // Nothing of the stream is touched.
    expect(await keyspace.rows('weather_10m')).toEqual(before);
  });

  it('names a row that was changed, and one that is gone', async () => {
    const [changed, gone] = (await keyspace.rows('weather_10m')).toSorted(
      (a, b) => Number(a['window_start']) - Number(b['window_start']),
    );
    const at = (row: typeof changed): string =>
      `city = '${String(row?.['city'])}' AND window_start = ${String(row?.['window_start'])}`;
    await keyspace.query(`UPDATE %.weather_10m SET n = 1000 WHERE ${at(changed)}`);
    await keyspace.query(`DELETE FROM %.weather_10m WHERE ${at(gone)}`);
    const { code, sinks } = await verify();
    expect(code).toBe(1);
    const { differences = [] } = sinks.get('weather_10m') ?? {};
    expect(differences.map(({ kind, cells }) => [kind, cells.map(({ column }) => column)])).toEqual(
      expect.arrayContaining([
        ['differs', ['n']],
        ['only in the archive', []],
      ]) as unknown,
    );
    expect(differences).toHaveLength(2);
    expect(sinks.get('weather_1h')?.differences).toEqual([]);
  });
});
