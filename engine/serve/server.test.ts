import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteSink } from '../io/embedded/sqlite.ts';
import { batchOf, recorder, type Shape } from '../io/sink-contract.suite.ts';
import { connectionTo, tableNode } from '../io/table/node.fixture.ts';
import type { LastRun } from '../run/last-run.ts';
import { type RunningServer, startServer } from './server.ts';

const shape: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'window_end', type: 'timestamp', nullable: false },
    { name: 'n', type: 'long', nullable: false },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
};
const start = 1_711_580_400_000;
const TEN = 600_000;
const project = mkdtempSync(join(tmpdir(), 'engine-serve-'));
const node = tableNode('sqlite', connectionTo('weather_keyspace', []), { table: 'tens', shape });
const runs: LastRun[] = [
  {
    pipeline: 'weather',
    file: 'weather.yaml',
    provisional: false,
    sinks: [
      {
        name: 'windows',
        connector: node.connector,
        columns: shape.columns,
        window: { stage: 'ten_minutes', graceMs: 0, closedUpTo: null },
      },
      {
        name: 'heat',
        connector: { kind: 'kafka', config: { topic: 'heat' }, connection: null },
        columns: [],
        window: null,
      },
      {
        name: 'later',
        connector: tableNode('sqlite', connectionTo('weather_keyspace', []), {
          table: 'later',
          shape,
        }).connector,
        columns: shape.columns,
        window: null,
      },
    ],
  },
];

let server: RunningServer;
beforeAll(async () => {
  mkdirSync(join(project, '.engine'));
  const sink = sqliteSink(node, recorder().context, join(project, '.engine'));
  await sink.open(null);
  const rows = Array.from({ length: 6 }, (_, i) => [
    i % 2 === 0 ? 'Brest' : 'Paris',
    start + Math.floor(i / 2) * TEN,
    start + (Math.floor(i / 2) + 1) * TEN,
    i,
  ]);
  await sink.write(batchOf(shape.columns, rows, { kind: 'window', stage: 'ten_minutes' }));
  await sink.close();
  server = await startServer({
    runs: () => runs,
    project,
    port: 0,
    maxRows: 4,
    maxScanned: 6,
    onNotice: () => undefined,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(project, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Unlike `fetch` it sends any Host header. */
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { headers, method }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (text: string) => (body += text));
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }),
      );
    });
    asked.on('error', reject).end();
  });

const read = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse((await ask(path)).body) as Record<string, unknown>;

describe('engine serve', () => {
  it('listens on this machine only', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('lists the tables that can be read', async () => {
    const { tables } = await read('/tables');
    expect(tables).toMatchObject([
      {
        name: 'windows',
        pipeline: 'weather',
        table: 'tens',
        store: 'sqlite',
        window: 'ten_minutes',
      },
      { name: 'later', window: null },
    ]);
  });

  it('gives rows in order of time and group, and says when there are more', async () => {
    expect(await read('/tables/windows/rows?limit=3')).toEqual({
      columns: shape.columns.map(({ name, type }) => ({ name, type })),
      rows: [
        row('Brest', '2024-03-27T23:00:00Z', '2024-03-27T23:10:00Z', 0),
        row('Paris', '2024-03-27T23:00:00Z', '2024-03-27T23:10:00Z', 1),
        row('Brest', '2024-03-27T23:10:00Z', '2024-03-27T23:20:00Z', 2),
      ],
      more: true,
      matched: 6,
    });
    const byTable = await read('/tables/tens/rows?where=city%3DParis&where=n%3E1&limit=4');
    expect((byTable['rows'] as { n: number }[]).map(({ n }) => n)).toEqual([3, 5]);
  });

  const row = (city: string, from: string, to: string, n: number): Record<string, unknown> => ({
    city,
    window_start: from,
    window_end: to,
    n,
  });

  it('merges the layers, and cuts at a time', async () => {
    const path = '/tables/windows/rows?merged=true&at=2024-03-27T23%3A10%3A00Z';
    expect((await read(path))['rows']).toMatchObject([
      { city: 'Brest', layer: 'speed', complete: false },
      { city: 'Paris', layer: 'speed', complete: false },
    ]);
  });

  it('tells of the last runs and of how far tables are', async () => {
    expect(await read('/status')).toEqual({
      runs: [{ pipeline: 'weather', file: 'weather.yaml', provisional: false }],
      tables: [
        {
          name: 'windows',
          pipeline: 'weather',
          window: 'ten_minutes',
          complete_until: null,
          batch: null,
        },
      ],
      progress: {},
    });
  });

  it('does not send again what a client has', async () => {
    const first = await ask('/tables');
    const tag = String(first.headers.etag);
    const again = await ask('/tables', { 'if-none-match': `"other", W/${tag}` });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', tag]);
    expect((await ask('/tables', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it.each([
    ['/tables/nothing/rows', 404, 'there is no sink or table "nothing"'],
    ['/tables/heat/rows', 404, 'there are windows, later'],
    ['/tables/later/rows', 404, 'there is no table later yet'],
    ['/elsewhere', 404, '/openapi.json says what there is'],
    ['/tables/windows/rows?limit=5', 400, 'limit must be <= 4'],
    ['/tables/windows/rows?limit=all', 400, 'limit must be integer'],
    ['/tables/windows/rows?order=n', 400, 'there is no parameter "order": there are where,'],
    ['/tables/windows/rows?where=town%3DParis', 400, 'there is no column \\"town\\"'],
    ['/tables/windows/rows?at=soon', 400, 'not a value for window_end'],
  ])('%s is a mistake it explains', async (path, status, message) => {
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    const { error } = JSON.parse(answer.body) as { error: { code: string; message: string } };
    expect(JSON.stringify(error.message)).toContain(message.replaceAll(/(?<!\\)"/g, '\\"'));
    expect(error.code).not.toBe('');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '[::1', 'a b'])(
    'does not answer to the name %j',
    async (host) => {
      const answer = await ask('/tables', { host });
      expect([400, 403]).toContain(answer.status);
      expect(answer.body).not.toContain('windows');
    },
  );

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:99', '[::1]:8080'])(
    'answers to the name %s',
    async (host) => {
      expect((await ask('/health', { host })).body).toBe('{"status":"ok"}');
    },
  );

  it('changes nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await ask('/tables/windows/rows', {}, method);
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('describes every path it serves', async () => {
    const { paths } = (await read('/openapi.json')) as { paths: Record<string, unknown> };
    expect(Object.keys(paths)).toHaveLength(5);
    for (const path of Object.keys(paths)) {
      expect([path, (await ask(path.replace('{name}', 'windows'))).status]).toEqual([path, 200]);
    }
  });

  it('says so when its port is taken', async () => {
    const port = Number(new URL(server.url).port);
    const options = { runs: () => runs, project, port, onNotice: () => undefined };
    await expect(startServer(options)).rejects.toThrow('something else listens there');
  });
});
