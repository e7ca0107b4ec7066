import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineRun } from './engine-run.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables, weatherPipeline } from './project.fixture.ts';
import { madeUpRecording } from './recording.fixture.ts';
import { type Row, expectRows } from './rows.fixture.ts';

const windows = {
  key: ['city', 'window_start', 'window_end'],
  about: ['avg_temperature', 'variance_temperature'],
};

interface Reply {
  readonly rows: readonly Row[];
  readonly more: boolean;
}

interface Status {
  readonly tables: readonly {
    readonly name: string;
    readonly complete_until: string | null;
    readonly batch: { readonly id: number; readonly complete_until: string } | null;
  }[];
}

// Kafka and Cassandra; and without servers, a day of simulated weather and SQLite.
describe.each(['cassandra', 'sqlite'])('the batch and serving layers on %s', (store) => {
  const isRemote = store === 'cassandra';
  const topic = freshName('served');
  const keyspace = isRemote ? new TestKeyspace(freshName('served')) : null;
  const project = new Project(isRemote ? serverVariables() : {});
  const definition =
    keyspace === null
      ? weatherPipeline
      : weatherPipeline
          .replaceAll('kafka-weather-events', topic)
          .replaceAll('weather_keyspace', keyspace.name)
          .replaceAll('weather-dead-letters', `${topic}_letters`)
          .replaceAll('heat-alerts', `${topic}_heat`);
  let server: EngineRun;
  let url = '';

  beforeAll(async () => {
    project.write('weather.yaml', definition);
    // Another batch of the same windows, whose rows can be told apart.
    project.write('again.yaml', definition.replace('n: count()', 'n: count() + 100000'));
    if (isRemote) {
      project.write('recording.ndjson', madeUpRecording());
      await project.engine('load', 'recording.ndjson', '--topic', topic, '--key', 'city');
    }
    await project.engine('run', 'weather.yaml', '--until', 'end', '--json');
    server = project.start('serve', '--port', '0');
    await server.until('it serves', () => server.stderr.includes('serving at'));
    url = /serving at (\S+)/.exec(server.stderr)?.[1] ?? '';
  });
  afterAll(async () => {
    await project.remove();
    await keyspace?.remove();
  });

  const get = async <T>(path: string): Promise<T> => (await fetch(`${url}${path}`)).json() as T;
  const merged = (): Promise<Reply> => get('/tables/weather_10m/rows?merged=true&limit=10000');
  const status = async (): Promise<Status['tables'][number]> => {
    const { tables } = await get<Status>('/status');
    return tables.find(({ name }) => name === 'weather_10m') as Status['tables'][number];
  };
  async function rowsOf(...flags: string[]): Promise<Row[]> {
    const query = await project.engine(
      'query',
      'weather_10m',
      '--json',
      '--limit',
      'all',
      ...flags,
    );
    return query.lines.map((line) => JSON.parse(line) as Row);
  }

  it('serves the rows of the stream while there is no batch, and says which are complete', async () => {
    const { batch, complete_until: until } = await status();
    expect(batch).toBeNull();
    expect(until).not.toBeNull();
    const { rows, more } = await merged();
    expect(more).toBe(false);
    expect(rows.length).toBeGreaterThan(12);
    expect(rows.every(({ layer }) => layer === 'speed')).toBe(true);
    // R7: the same windows that `query` knows to be complete from the run itself.
    const isDone = (row: Row): boolean =>
      until === 'end' || Date.parse(String(row['window_end'])) <= Date.parse(String(until));
    expect(rows.map(({ complete }) => complete)).toEqual(rows.map(isDone));
    expect(new Set(rows.map(({ complete }) => complete)).size).toBe(isRemote ? 2 : 1);
  });

  it('R10: has batch rows up to where the batch got, speed rows after, the same rows in all', async () => {
    const stream = await rowsOf();
    const batch = await project.engine('run', 'weather.yaml', '--views', '--json');
    expect(batch.summary).toMatchObject({ finished: true, pipeline: 'weather.batch' });
    const reached = Date.parse((await status()).batch?.complete_until ?? '');
    const rows = await rowsOf('--merged');
    expectRows(
      rows,
      stream.map(({ complete: _, ...row }) => row),
      windows,
    );
    expect(rows.map(({ layer }) => layer)).toEqual(
      rows.map((row) => (Date.parse(String(row['window_end'])) <= reached ? 'batch' : 'speed')),
    );
    expect(new Set(rows.map(({ layer }) => layer)).size).toBe(2);
    expect(
      rows.every(({ layer, complete }) => layer === 'speed' || complete === 1 || complete),
    ).toBe(true);
    expect((await merged()).rows).toEqual(rows);
  });

  it('shows windows up to a time with --at, by the command and over HTTP', async () => {
    const all = await rowsOf('--merged');
    const at = String(all[0]?.['window_end']);
    const until = all.filter((row) => String(row['window_end']) <= at);
    expect(until.length).toBeLessThan(all.length);
    expect(await rowsOf('--merged', '--at', at)).toEqual(until);
    const path = `/tables/weather_10m/rows?merged=true&limit=10000&at=${encodeURIComponent(at)}`;
    expect((await get<Reply>(path)).rows).toEqual(until);
  });

  it('finds the rows of a city', async () => {
    const all = await rowsOf('--merged');
    const paris = all.filter(({ city }) => city === 'Paris');
    const path = '/tables/weather_10m/rows?merged=true&limit=10000&where=city%3DParis';
    expect((await get<Reply>(path)).rows).toEqual(paris);
    expect(await rowsOf('--merged', '--where', 'city=Paris')).toEqual(paris);
  });

  it('swaps a second batch in at once: whoever polls meanwhile sees one or the other', async () => {
    const before = (await status()).batch;
    const batch = project.start('run', 'again.yaml', '--views', '--json');
    const seen = new Set<string>();
    for (let last = false; ; last = batch.ended) {
      const { rows } = await merged();
      const kinds = rows
        .filter(({ layer }) => layer === 'batch')
        .map(({ n }) => (Number(n) >= 100_000 ? 'second' : 'first'));
      expect(new Set(kinds).size).toBe(1);
      seen.add(`${kinds[0] ?? ''} ${kinds.length}`);
      if (last) break;
    }
    expect(await batch.exitCode()).toBe(0);
    const kinds = [...seen].map((text) => text.split(' '));
    expect(kinds.map(([kind]) => kind)).toEqual(['first', 'second']);
    expect(new Set(kinds.map(([, count]) => count)).size).toBe(1);
    expect((await status()).batch?.id).toBeGreaterThan(before?.id ?? Infinity);
  });

  it('keeps the batch before, for readers under way, and none that is older', async () => {
    await project.engine('run', 'weather.yaml', '--views', '--json');
    if (keyspace === null) return;
    const ids = await keyspace.query('SELECT DISTINCT batch_id, city FROM %.weather_10m_batch');
    const [pointer] = await keyspace.query(
      "SELECT batch_id, previous_id FROM %.engine_batches WHERE view_of = 'weather_10m'",
    );
    expect(new Set(ids.map(({ batch_id }) => batch_id))).toEqual(
      new Set([pointer?.['batch_id'], pointer?.['previous_id']]),
    );
  });

  it('stops when it is told to', async () => {
    server.kill('SIGTERM');
    expect(await server.exitCode()).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});
