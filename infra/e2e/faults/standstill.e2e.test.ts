/** A server that stands still for a minute: longer than any request may take, and not dead. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnServers } from './own-servers.fixture.ts';
import { FaultStream } from './stream.fixture.ts';

const STILL_MS = 60_000;
const EVENTS = 60_000;
const MORE = 5_000;

const servers = new OwnServers('standstill');
beforeAll(() => servers.start());
afterAll(() => servers.remove());

describe.each([
  ['kafka', /trying again/],
  ['cassandra', /does not take writes/],
] as const)('%s stands still for a minute', (server, notice) => {
  it('the run waits, goes on by itself, and nothing is missing or counted twice', async () => {
    const stream = new FaultStream(`still_${server}`, {
      ...{ servers: servers.variables, padding: 500 },
    });
    try {
      await stream.create();
      await stream.append(EVENTS);
      const run = stream.start(null);
      await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
      await servers.signal(server, 'SIGSTOP');
      const stopped = performance.now();
      await run.until('the outage', () => notice.test(run.stderr));
      await pause(Math.max(0, STILL_MS - (performance.now() - stopped)));
      expect(run.latest?.records).toBeLessThan(EVENTS + MORE);
      await servers.signal(server, 'SIGCONT');
      await stream.append(MORE);
      await stream.expectWhole(run);
    } finally {
      await servers.signal(server, 'SIGCONT').catch(() => undefined);
      await stream.remove();
    }
  });
});
