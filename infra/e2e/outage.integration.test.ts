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
  endpoints = await up({ directory, ports: { kafka: 0, cassandra: 0 }, shortLived: true });
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

describe('Cassandra stands still for longer than errors.sink.give_up_after', () => {
  it('the run fails and says so, and the next one goes on', async () => {
    const events = 150_000;
    const { brokers } = endpoints.kafka;
    const { contactPoints } = endpoints.cassandra;
    const name = freshName('patience');
    const topic = new TestTopic(name, 4, brokers);
    await topic.create();
    await writeEvents(topic, [0, events]);
    const keyspace = new TestKeyspace(name, contactPoints);
    const project = new Project({
      KAFKA_BROKERS: brokers,
      CASSANDRA_CONTACT_POINTS: contactPoints,
    });
    const definition = eventsDefinition({ name, topic: name });
    const patience = 'errors: { sink: { give_up_after: 3s }, dead';
    expect(definition).toContain('errors: { dead');
    project.write('p.yaml', definition.replace('errors: { dead', patience));
    const run = project.start('run', 'p.yaml', '--json');
    try {
      await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
      await signal('cassandra', 'SIGSTOP');
      expect(await run.exitCode()).toBe(1);
      expect(run.stderr).toMatch(/sink \w+ took nothing for 3 s/);
      await signal('cassandra', 'SIGCONT');
      await project.engine('run', 'p.yaml', '--until', 'end', '--json');
      await expectEvents(keyspace, eventsOracle(events));
    } finally {
      await signal('cassandra', 'SIGCONT');
      await project.remove();
      await keyspace.remove();
      await topic.remove();
    }
  });
});

/** An eighth of `limits.memory`. */
const LEDGER_BYTES = 64 << 20;
/** 2 MiB of each partition, and as much again, at most, as columns: what an account may be over. */
const RESPONSE_BYTES = 4 * (2 << 20) * 1.25;

describe('Cassandra stands still for twenty seconds', () => {
  it('the partitions wait, memory stays flat, and nothing is lost', async () => {
    const events = 200_000;
    const later = 100_000;
    const { brokers } = endpoints.kafka;
    const { contactPoints } = endpoints.cassandra;
    const name = freshName('stalled');
    const topic = new TestTopic(name, 4, brokers);
    await topic.create();
    // About 160 MB to begin with.
    await writeEvents(topic, [0, events], 700);
    const keyspace = new TestKeyspace(name, contactPoints);
    const project = new Project({
      KAFKA_BROKERS: brokers,
      CASSANDRA_CONTACT_POINTS: contactPoints,
    });
    const definition = eventsDefinition({ name, topic: name, padded: true });
    project.write('stalled.yaml', definition);
    const run = project.start('run', 'stalled.yaml', '--json');
    try {
      await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
      await signal('cassandra', 'SIGSTOP');
      await run.until('back pressure', () => run.latest?.backPressure === true);
      await pause(2_000);
      const stalled = run.progress.length;
      const lagBefore = run.latest?.lag ?? 0;
      const resident: number[] = [];
      const producing = writeEvents(topic, [events, events + later], 700);
      for (let second = 0; second < 18; second++) {
        await pause(1_000);
        resident.push(run.residentMib() ?? Infinity);
      }
      await producing;
      const during = run.progress.slice(stalled);
      expect(during.length).toBeGreaterThan(20);
      // Paused all the while: nothing more is read, and what is not read adds up.
      expect(new Set(during.map(({ backPressure }) => backPressure))).toEqual(new Set([true]));
      expect(new Set(during.map(({ records }) => records)).size).toBe(1);
      expect(lagBefore).toBeGreaterThan(10_000);
      expect(run.latest?.lag).toBe(lagBefore + later);
      const inFlight = during.map(({ inFlightBytes }) => inFlightBytes);
      expect(Math.max(...inFlight)).toBeLessThan(LEDGER_BYTES + 2 * RESPONSE_BYTES);
      expect(Math.max(...resident) - Math.min(...resident)).toBeLessThan(24);
      await signal('cassandra', 'SIGCONT');
      await run.until('the last record', () => run.latest?.records === events + later);
      run.kill('SIGTERM');
      expect(await run.exitCode()).toBe(0);
      expect(run.stderr).toContain('does not take writes');
      expect(run.summary).toMatchObject({ records: events + later, resumed: false });
      expect(run.summary.rows['events_table']).toBe(events + later);
      await project.engine('run', 'stalled.yaml', '--until', 'end', '--json');
      await expectEvents(keyspace, eventsOracle(events + later));
    } finally {
      await signal('cassandra', 'SIGCONT');
      await project.remove();
      await keyspace.remove();
      await topic.remove();
    }
  });
});
