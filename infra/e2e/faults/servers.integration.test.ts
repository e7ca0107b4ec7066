import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OwnServers } from './own-servers.fixture.ts';
import { FaultStream, type StreamOptions } from './stream.fixture.ts';

const servers = new OwnServers('killed-servers');
beforeAll(() => servers.start());
afterAll(() => servers.remove());

const streams: FaultStream[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.remove();
});

async function streamOf(purpose: string, events: number, options: StreamOptions = {}) {
  const stream = new FaultStream(purpose, { servers: servers.variables, ...options });
  streams.push(stream);
  await stream.create();
  await stream.append(events);
  return stream;
}

describe('kill -9 of the broker', () => {
  it('the run waits until it is back, and nothing is missing or counted twice', async () => {
    const stream = await streamOf('broker', 40_000);
    const run = stream.start(null);
    await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
    const pid = await servers.signal('kafka', 'SIGKILL');
    expect(() => process.kill(pid, 0)).not.toThrow();
    await run.until('the outage', () => /trying again/.test(run.stderr));
    await servers.restart('kafka');
    await stream.append(5_000);
    await stream.expectWhole(run);
  });
});

describe('kill -9 of Cassandra in the middle of a flush', () => {
  it('the partitions wait until it is back, and nothing is missing or counted twice', async () => {
    const stream = await streamOf('cassandra', 60_000, { padding: 500 });
    const run = stream.start(null);
    await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
    await servers.signal('cassandra', 'SIGKILL');
    await run.until('the outage', () => run.stderr.includes('does not take writes'));
    const before = run.latest?.rows ?? 0;
    expect(before).toBeLessThan(60_000);
    await servers.restart('cassandra');
    await run.until('its end', () => run.stderr.includes('takes writes again'));
    await stream.expectWhole(run);
  });
});

describe('a record batch of a codec that nobody knows', () => {
  /** Kafka refuses to take one, so it is made in its log file, while it is down. */
  function corrupt(topic: string): void {
    const data = servers.data('kafka');
    const directory = readdirSync(data).find((name) => name === `${topic}-0`);
    const path = `${data}/${directory}/00000000000000000000.log`;
    const log = readFileSync(path);
    // The second batch: behind the length of the first. Attributes are two bytes at 21.
    const second = 12 + log.readInt32BE(8);
    log.writeUInt8((log.readUInt8(second + 22) & ~7) | 6, second + 22);
    writeFileSync(path, log);
  }

  it('becomes dead letters, record by record; the run goes on', async () => {
    const stream = await streamOf('codec', 30, { partitions: 1 });
    await stream.append(3);
    await stream.append(30);
    await servers.stop('kafka');
    corrupt(stream.name);
    await servers.restart('kafka');
    const run = await stream.finish();
    expect(run.summary.deadLetters).toMatchObject({ WORKER: 3 });
    const letters = await stream.letters();
    const failed = letters.filter(({ code }) => code === 'WORKER');
    expect(failed.map(({ place }) => place).sort()).toEqual(['0/30', '0/31', '0/32']);
    expect(run.summary.rows['events_table']).toBe(60);
  });
});
