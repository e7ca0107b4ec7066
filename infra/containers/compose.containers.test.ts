/** infra/compose.yaml, brought up and down by compose itself. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINE_IMAGE } from '../images/engine/build.ts';
import { COMPOSE_FILE } from '../servers/compose.ts';
import { findPort } from '../servers/ports.ts';
import { imagesHere } from './images-here.ts';

const execute = promisify(execFile);
const project = `engine-test-${randomUUID().slice(0, 8)}`;
let env: NodeJS.ProcessEnv;

async function docker(...args: string[]): Promise<string> {
  return (await execute('docker', args, { env, maxBuffer: 64 << 20 })).stdout;
}

const compose = (...args: string[]): Promise<string> =>
  docker(
    'compose',
    '-p',
    project,
    '-f',
    fileURLToPath(COMPOSE_FILE),
    '--profile',
    'engine',
    ...args,
  );

const engine = (...args: string[]): Promise<string> =>
  compose('--progress', 'quiet', 'run', '--rm', '-T', 'cli', ...args);

beforeAll(async () => {
  env = {
    ...process.env,
    ...(await imagesHere()),
    ...{ API_KEY: '', KAFKA_PORT: String(await findPort(0)) },
    ...{ CASSANDRA_PORT: String(await findPort(0)), SERVING_PORT: String(await findPort(0)) },
  };
  await docker('image', 'inspect', ENGINE_IMAGE).catch(() => {
    throw new Error(`there is no image ${ENGINE_IMAGE}: npm run build:image`);
  });
  await compose('up', '--detach', '--wait', '--quiet-pull');
});
afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '20');
  expect(await docker('ps', '--all', '--quiet', '--filter', `name=${project}`)).toBe('');
  expect(await docker('volume', 'ls', '--quiet', '--filter', `name=${project}`)).toBe('');
});

describe('docker compose --profile engine up', () => {
  it('is healthy in all its parts, with ports at 127.0.0.1 only', async () => {
    const lines = (await compose('ps', '--format', 'json')).trim().split('\n');
    const services = lines.map(
      (line) => JSON.parse(line) as { Service: string; Health: string; Ports: string },
    );
    const health = Object.fromEntries(services.map(({ Service, Health }) => [Service, Health]));
    const names = ['batch', 'cassandra', 'kafka', 'producer', 'serving', 'weather'];
    expect(health).toEqual(Object.fromEntries(names.map((name) => [name, 'healthy'])));
    for (const { Ports } of services) expect(Ports).not.toMatch(/0\.0\.0\.0|\[?::\]?:/);
  });

  it('brings windows of the simulated readings through Kafka into Cassandra, and serves them', async () => {
    const url = `http://127.0.0.1:${env['SERVING_PORT']}/tables/weather_10m/rows?limit=1000`;
    const rows = async (): Promise<{ city: string; n: number }[]> => {
      const reply = await fetch(url).catch(() => null);
      if (reply?.status !== 200) return [];
      return ((await reply.json()) as { rows: { city: string; n: number }[] }).rows;
    };
    await expect.poll(async () => (await rows()).length, { timeout: 120_000 }).toBeGreaterThan(11);
    const found = await rows();
    expect(new Set(found.map(({ city }) => city)).size).toBe(12);
    expect(found.every(({ n }) => n === 20)).toBe(true);
    const table = await engine('query', '-f', 'pipelines/weather.yaml', 'weather_10m', '--json');
    expect(table.trim().split('\n').length).toBeGreaterThan(11);
  });

  it('writes nowhere but into its volumes, as nobody special', async () => {
    const [id = ''] = (await compose('ps', '--quiet', 'weather')).trim().split('\n');
    expect(await docker('exec', id, 'id', '-u')).toBe('10001\n');
    await expect(docker('exec', id, 'touch', '/srv/engine/pipelines/new')).rejects.toThrow(
      /Read-only file system/,
    );
    await docker('exec', id, 'touch', '/srv/engine/data/new');
  });

  it('stays within its limits, and starts again what dies', async () => {
    const ids = (await compose('ps', '--quiet')).trim().split('\n');
    const format = '{{.State.OOMKilled}} {{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}';
    const states = (await docker('inspect', '--format', format, ...ids)).trim().split('\n');
    for (const state of states) expect(state).toMatch(/^false [1-9]\d+ unless-stopped$/);
    const [weather = ''] = (await compose('ps', '--quiet', 'weather')).trim().split('\n');
    // The container may go before the command in it has ended.
    const kill = 'kill -9 $(grep -al ^node /proc/[0-9]*/cmdline | cut -d/ -f3)';
    await docker('exec', weather, 'sh', '-c', kill).catch(() => undefined);
    const restarts = (): Promise<string> =>
      docker('inspect', '--format', '{{.RestartCount}} {{.State.Running}}', weather);
    await expect.poll(restarts, { timeout: 60_000 }).toBe('1 true\n');
  });

  it('goes on with its data after its servers were started again', async () => {
    const count = async (): Promise<number> => {
      const said = await engine('topics', '--json');
      const topics = JSON.parse(said) as { name: string; records: number }[];
      return topics.find(({ name }) => name === 'kafka-weather-events')?.records ?? 0;
    };
    const before = await count();
    expect(before).toBeGreaterThan(0);
    await compose('restart', 'kafka', 'cassandra');
    await compose('up', '--detach', '--wait');
    await expect.poll(count, { timeout: 120_000 }).toBeGreaterThan(before);
  });
});
