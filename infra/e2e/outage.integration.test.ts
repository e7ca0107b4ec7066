import { setTimeout as pause } from 'node:timers/promises';
import { resolve } from 'node:path';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoints, reset, up } from '../servers/servers.ts';
import { status } from '../servers/status.ts';
import type { ServerName } from '../servers/server.ts';
import { eventsDefinition, eventsOracle, expectEvents, writeEvents } from './events.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { TestTopic } from './topic.fixture.ts';

// Servers of their own: those of the other tests must not be stopped.
const directory = resolve('.engine/outage-test');
let endpoints: Endpoints;

async function signal(server: ServerName, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const found = (await status(directory)).find((each) => each.server === server);
  if (found?.pid === null || found === undefined) throw new Error(`${server} does not run`);
  process.kill(found.pid, name);
}

beforeAll(async () => {
  await reset(directory);
  endpoints = await up({ directory, ports: { kafka: 0, cassandra: 0 } });
});
afterAll(async () => {
  await signal('kafka', 'SIGCONT').catch(() => undefined);
  await signal('cassandra', 'SIGCONT').catch(() => undefined);
  await reset(directory);
  await rm(directory, { recursive: true, force: true });
});

describe('the broker stands still for some seconds', () => {
  it('the run goes on when it is back, and the rows are right', async () => {
    const events = 150_000;
    const later = 20_000;
    const { brokers } = endpoints.kafka;
    const name = freshName('broker');
    const topic = new TestTopic(name, 4, brokers);
    await topic.create();
    await writeEvents(topic, [0, events]);
    const keyspace = new TestKeyspace(name);
    const project = new Project({ ...serverVariables(), KAFKA_BROKERS: brokers });
    project.write('broker.yaml', eventsDefinition({ name, topic: name }));
    const run = project.start('run', 'broker.yaml', '--json');
    try {
      await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
      await signal('kafka', 'SIGSTOP');
      await pause(8_000);
      expect(run.ended).toBe(false);
      await signal('kafka', 'SIGCONT');
      await writeEvents(topic, [events, events + later]);
      await run.until('the last record', () => run.latest?.records === events + later);
      run.kill('SIGTERM');
      expect(await run.exitCode()).toBe(0);
      expect(run.summary).toMatchObject({ records: events + later, resumed: false });
      // The windows that are still open come out too.
      await project.engine('run', 'broker.yaml', '--until', 'end', '--json');
      await expectEvents(keyspace, eventsOracle(events + later));
    } finally {
      await signal('kafka', 'SIGCONT');
      await project.remove();
      await keyspace.remove();
      await topic.remove();
    }
  });
});
