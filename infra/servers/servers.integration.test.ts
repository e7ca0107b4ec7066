import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jarCacheOf, serverHome } from './layout.ts';
import { becomesFree, host } from './ports.ts';
import { isOurs, spawnDetached, stopMarked } from './process.ts';
import { type ServerName, serverNames } from './server.ts';
import { down, type Endpoints, reset, servers, up } from './servers.ts';
import { readState, writeState } from './state.ts';
import { status } from './status.ts';

// One life of a pair of servers, in the order written; its own directory, the jars of all others.
const directory = resolve('.engine/servers-test');
const free = { kafka: 0, cassandra: 0 };
const home = (name: ServerName) => serverHome(directory, name);

const conditions = async (): Promise<string[]> =>
  (await status(directory)).map((each) => each.condition);
const pids = async (): Promise<(number | null)[]> =>
  (await status(directory)).map((each) => each.pid);

beforeAll(async () => {
  await reset(directory);
});
afterAll(async () => {
  await reset(directory);
  await rm(directory, { recursive: true, force: true });
});

describe('a pair of servers', () => {
  let first: Endpoints;
  let clusterId: string;
  const identity = async (): Promise<string> =>
    readFile(join(home('kafka').data, 'meta.properties'), 'utf8');

  test('says how it ended when it cannot start, with the end of its log', async () => {
    expect(await conditions()).toEqual(['never started', 'never started']);
    // No Java starts in 1 MiB.
    const tiny = up({ directory, only: 'cassandra', ports: free, heapMb: 1 });
    await expect(tiny).rejects.toMatchObject({
      code: 'ENG_INFRA_START',
      message: expect.stringMatching(/ended while it was starting[^]*heap/i) as unknown,
    });
    expect(await conditions()).toEqual(['never started', 'died']);
  });

  test('refuses a port that another program has', async () => {
    const other = createServer().listen(0, host);
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(up({ directory, only: 'kafka', ports: { kafka: port } })).rejects.toThrow(
      new RegExp(`port ${port} .*in use by another program`),
    );
    other.close();
  });

  test('comes up once, however many ask for it at once', async () => {
    const [one, two] = await Promise.all([
      up({ directory, ports: free }),
      up({ directory, ports: free }),
    ]);
    expect(one).toEqual(two);
    first = one;
    clusterId = await identity();
    expect(await conditions()).toEqual(['running', 'running']);
    const logs = await Promise.all(
      serverNames.map(async (name) => readFile(home(name).log, 'utf8')),
    );
    expect(logs[0]?.match(/Kafka Server started/g)).toHaveLength(1);
    expect(logs[1]?.match(/Starting listening for CQL clients/g)).toHaveLength(1);
  });

  test('is found running by the next, which starts nothing', async () => {
    const before = await pids();
    const told: string[] = [];
    const again = await up({ directory, onProgress: ({ text }) => told.push(text) });
    expect(again).toEqual(first);
    expect(await pids()).toEqual(before);
    expect(told.every((text) => text.startsWith('runs already'))).toBe(true);
  });

  test('does not move to another port while it runs', async () => {
    await expect(up({ directory, only: 'kafka', ports: { kafka: 1 } })).rejects.toThrow(
      /runs already, on port \d+; `engine infra down` first/,
    );
  });

  test('comes back with its data on its ports after it was killed', async () => {
    const before = await pids();
    for (const pid of before) process.kill(Number(pid), 'SIGKILL');
    await expect.poll(conditions).toEqual(['died', 'died']);
    expect(await up({ directory })).toEqual(first);
    const after = await pids();
    expect(after.some((pid) => before.includes(pid))).toBe(false);
    expect(await identity()).toBe(clusterId);
  });

  test('goes down, and frees its ports', async () => {
    const endings = await down(directory);
    expect([...endings]).toEqual([
      ['kafka', 'stopped'],
      ['cassandra', 'stopped'],
    ]);
    expect(await conditions()).toEqual(['stopped', 'stopped']);
    for (const name of serverNames) {
      const state = await readState(home(name).state);
      expect(await becomesFree(state?.ports.client ?? 0, 5_000)).toBe(true);
      expect(await becomesFree(state?.ports.inner ?? 0, 5_000)).toBe(true);
    }
    expect([...(await down(directory)).values()]).toEqual(['was gone', 'was gone']);
  });

  test('never signals another process that has its pid by now', async () => {
    const { state: path, mark } = home('kafka');
    const other = `${mark}-other`;
    const pid = await spawnDetached({
      file: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1000)', '--', other],
      cwd: directory,
      log: join(directory, 'other.log'),
    });
    const state = await readState(path);
    if (state === undefined) throw new Error('no state');
    await writeState(path, { ...state, pid });
    expect(await conditions()).toEqual(['died', 'stopped']);
    expect((await down(directory, 'kafka')).get('kafka')).toBe('was gone');
    expect(await isOurs(pid, other)).toBe(true);
    await stopMarked(pid, other, 5000);
  });

  test('is wiped by a reset, all but the jars', async () => {
    await reset(directory);
    expect(await conditions()).toEqual(['never started', 'never started']);
    for (const name of serverNames) {
      expect(existsSync(home(name).directory)).toBe(false);
      const { version } = servers[name];
      expect(existsSync(join(jarCacheOf(directory), `${name}-${version}`))).toBe(true);
    }
  });
});
