import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchJars, hasJars, jarDirectory } from './download.ts';
import { kafka } from './kafka.ts';
import { withLock } from './lock.ts';
import { follow, lastLines, rotate } from './log-file.ts';
import { becomesFree, findPort, host, isFree } from './ports.ts';
import { birthOf, findMarked, isOurs, spawnDetached, stopMarked } from './process.ts';
import { readState, writeState } from './state.ts';
import { writeEnvironment } from './environment.ts';

// What touches files, processes and sockets, without the servers.
let place = '';
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'engine-servers-'));
});
afterAll(async () => rm(place, { recursive: true, force: true }));

/** Runs a module text in a process of its own until it ends. */
async function runModule(text: string): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}

describe('the lock', () => {
  const lockUrl = JSON.stringify(new URL('./lock.ts', import.meta.url).href);

  test('lets one process at a time read and write', async () => {
    const [lock, counter] = [join(place, 'a.lock'), join(place, 'counter')];
    await writeFile(counter, '0');
    // A lock left behind by a process that is gone: all contenders find it stale at once.
    await writeFile(lock, '999999999\n1\n0\n');
    const text = `
      import { readFile, writeFile } from 'node:fs/promises';
      import { withLock } from ${lockUrl};
      for (let i = 0; i < 5; i++) await withLock(${JSON.stringify(lock)}, async () => {
        const n = Number(await readFile(${JSON.stringify(counter)}, 'utf8'));
        await new Promise((settle) => setTimeout(settle, 5));
        await writeFile(${JSON.stringify(counter)}, String(n + 1));
      });`;
    await Promise.all([1, 2, 3, 4].map(async () => runModule(text)));
    expect(await readFile(counter, 'utf8')).toBe('20');
    await expect(readFile(lock)).rejects.toThrow(/ENOENT/);
  });

  test('of a pid that is another process by now is broken', async () => {
    const lock = join(place, 'b.lock');
    await writeFile(lock, `${process.pid}\nanother birth\n0\n`);
    await expect(withLock(lock, async () => 'done')).resolves.toBe('done');
  });

  test('of a living holder is waited for, and its pid told', async () => {
    const lock = join(place, 'c.lock');
    const told: number[] = [];
    const order: string[] = [];
    let inner: Promise<void> | undefined;
    await withLock(lock, async () => {
      const waits = Promise.withResolvers<undefined>();
      inner = withLock(
        lock,
        async () => void order.push('second'),
        (pid) => {
          told.push(pid);
          waits.resolve(undefined);
        },
      );
      await waits.promise;
      order.push('first');
    });
    await inner;
    expect(order).toEqual(['first', 'second']);
    expect(told).toEqual([process.pid]);
  });

  test('is released when the body fails', async () => {
    const lock = join(place, 'd.lock');
    await expect(withLock(lock, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withLock(lock, async () => 1)).resolves.toBe(1);
  });
});

describe('processes', () => {
  const start = async (mark: string, script: string): Promise<number> =>
    spawnDetached({
      file: process.execPath,
      args: ['-e', script, mark],
      cwd: place,
      log: join(place, 'out.log'),
    });
  const forEver = 'setInterval(() => {}, 1000); console.log("ready")';

  test('are found by their mark, and stopped', async () => {
    const mark = join(place, 'p1');
    const pid = await start(mark, forEver);
    expect(await findMarked(mark)).toBe(pid);
    expect(await birthOf(pid)).toBe(await birthOf(pid));
    expect(await stopMarked(pid, mark, 5000)).toBe('stopped');
    expect(await isOurs(pid, mark)).toBe(false);
    expect(await findMarked(mark)).toBeUndefined();
  });

  test('that ignore SIGTERM are killed after their time', async () => {
    const mark = join(place, 'p2');
    const log = join(place, 'out.log');
    await rm(log, { force: true });
    const pid = await start(mark, `process.on('SIGTERM', () => {}); ${forEver}`);
    await expect.poll(async () => readFile(log, 'utf8')).toContain('ready');
    expect(await stopMarked(pid, mark, 300)).toBe('killed');
  });

  test('without the mark are never signalled', async () => {
    const mark = join(place, 'p3');
    const pid = await start(mark, forEver);
    expect(await stopMarked(pid, join(place, 'p'), 100)).toBe('was gone');
    expect(await isOurs(pid, mark)).toBe(true);
    await stopMarked(pid, mark, 5000);
  });

  test('get no secrets from the environment', async () => {
    const log = join(place, 'environment.log');
    process.env['API_KEY'] = 'secret';
    const args = ['-e', 'console.log(Object.keys(process.env).join(), "end")', join(place, 'p4')];
    await spawnDetached({ file: process.execPath, args, cwd: place, log });
    await expect.poll(async () => readFile(log, 'utf8')).toContain('end');
    expect(await readFile(log, 'utf8')).not.toContain('API_KEY');
    delete process.env['API_KEY'];
  });

  test('that cannot be run are an error that names the file', async () => {
    const file = join(place, 'no-java');
    await expect(
      spawnDetached({ file, args: [], cwd: place, log: join(place, 'x.log') }),
    ).rejects.toMatchObject({
      code: 'ENG_INFRA_START',
      message: expect.stringContaining(file) as unknown,
    });
  });
});

describe('ports', () => {
  test('that are taken are passed over', async () => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await isFree(port)).toBe(false);
    const found = await findPort(port);
    expect(found).not.toBe(port);
    expect(found).toBeGreaterThanOrEqual(20_000);
    expect(found).toBeLessThan(30_000);
    expect(await findPort(found)).toBe(found);
    expect(await findPort(found, [found])).not.toBe(found);
    server.close();
  });

  test('of a server that was killed are waited for', async () => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await becomesFree(port, 0)).toBe(false);
    setTimeout(() => server.close(), 200);
    expect(await becomesFree(port, 10_000)).toBe(true);
  });
});

describe('files', () => {
  test('a state is read back; none is none; a damaged one says how to begin anew', async () => {
    const path = join(place, 'deep', 'state.json');
    expect(await readState(path)).toBeUndefined();
    const state = { version: '1', pid: 7, ports: { client: 1, inner: 2 }, heapMb: 5, startedAt: 9 };
    await writeState(path, state);
    expect(await readState(path)).toEqual(state);
    await writeFile(path, '{"version":');
    await expect(readState(path)).rejects.toMatchObject({
      code: 'ENG_STATE_CORRUPT',
      message: expect.stringContaining('engine infra reset') as unknown,
    });
  });

  test('the last lines of a log are those of the whole, however long they are', async () => {
    const path = join(place, 'long.log');
    const lines = Array.from({ length: 300 }, (_, n) => `${n} ${'ä'.repeat((n * 37) % 2000)}`);
    await writeFile(path, `${lines.join('\n')}\n`);
    for (const count of [0, 1, 40, 299, 300, 1000]) {
      expect(await lastLines(path, count)).toEqual(lines.slice(Math.max(0, 300 - count)));
    }
    expect(await lastLines(join(place, 'none.log'), 5)).toEqual([]);
  });

  test('a log is followed over its rotation', async () => {
    const path = join(place, 'followed.log');
    await writeFile(path, 'before\n');
    const stop = new AbortController();
    const seen = follow(path, stop.signal);
    const next = seen.next();
    await appendFile(path, 'after\n');
    expect(String((await next).value)).toBe('after\n');
    await rotate(path, 5);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('before\nafter\n');
    await writeFile(path, 'new\n');
    expect(String((await seen.next()).value)).toBe('new\n');
    stop.abort();
    expect((await seen.next()).done).toBe(true);
  });

  test('.env gets the variables, keeps the rest, and is closed to others when new', async () => {
    const path = join(place, '.env');
    await writeEnvironment(path, [['KAFKA_BROKERS', 'a:1']]);
    await appendFile(path, 'API_KEY=1\n');
    await writeEnvironment(path, [['KAFKA_BROKERS', 'a:2']]);
    expect(await readFile(path, 'utf8')).toBe('KAFKA_BROKERS=a:2\nAPI_KEY=1\n');
  });
});

describe('jars', () => {
  const java = { path: 'java', major: 17, home: '' };
  const onProgress = (): void => undefined;

  /** Puts an `mvn` of our own first on the PATH while `body` runs; no script: an empty PATH. */
  async function withMaven<T>(script: string | undefined, body: () => Promise<T>): Promise<T> {
    const bin = join(place, 'bin');
    await rm(bin, { recursive: true, force: true });
    await mkdir(bin);
    if (script !== undefined) {
      await writeFile(join(bin, 'mvn'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const before = process.env['PATH'];
    process.env['PATH'] = script === undefined ? bin : `${bin}:${before ?? ''}`;
    try {
      return await body();
    } finally {
      process.env['PATH'] = before;
    }
  }
  const output = 'for a; do case $a in -DoutputDirectory=*) out=${a#*=};; esac; done';

  test('need Maven, and say so plainly', async () => {
    const cache = join(place, 'jars0');
    await withMaven(undefined, async () =>
      expect(fetchJars({ cache, server: kafka, java, onProgress })).rejects.toMatchObject({
        code: 'ENG_INFRA_PREREQUISITE',
        message: expect.stringMatching(/Maven .* install it .*apt install maven/s) as unknown,
      }),
    );
  });

  test('half fetched do not count, and are fetched again', async () => {
    const cache = join(place, 'jars1');
    const download = { cache, server: kafka, java, onProgress };
    const broken = `${output}; echo x > $out/a.jar; echo 'no route to host'; exit 1`;
    await withMaven(broken, async () =>
      expect(fetchJars(download)).rejects.toThrow(/mvn failed:\n.*no route to host/s),
    );
    expect(await readdir(cache)).toEqual([]);
    const whole = `${output}; echo x > $out/a.jar; echo y > $out/b.jar`;
    const directory = await withMaven(whole, async () => fetchJars(download));
    expect(directory).toBe(jarDirectory(cache, kafka));
    expect(await hasJars(cache, kafka)).toBe(true);
    await withMaven(undefined, async () => expect(fetchJars(download)).resolves.toBe(directory));
    await writeFile(join(directory, 'b.jar'), 'cut');
    expect(await hasJars(cache, kafka)).toBe(false);
    await withMaven(whole, async () => fetchJars(download));
    expect(await readFile(join(directory, 'b.jar'), 'utf8')).toBe('y\n');
    await rm(join(directory, 'a.jar'));
    expect(await hasJars(cache, kafka)).toBe(false);
  });
});
