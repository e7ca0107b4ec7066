import { status } from './status.ts';
import { down, up } from './servers.ts';
import { joinUsers } from './test-users.ts';

/** State directory of the servers the integration tests run against, apart from a user's own. */
export const testDirectory = '.engine/test';

/**
 * Global setup of the integration tests: real Kafka and Cassandra, or a loud failure; never a skip.
 * Servers named by KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS are taken as they are; else ours are
 * started and both variables set for the tests. The function it returns stops what was not running
 * before (see test-users.ts), unless ENGINE_KEEP_SERVERS is set: for who runs tests again and again.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const { KAFKA_BROKERS: brokers, CASSANDRA_CONTACT_POINTS: contactPoints } = process.env;
  if (brokers !== undefined && contactPoints !== undefined) {
    say(`servers of the environment: Kafka ${brokers}, Cassandra ${contactPoints}`);
    return undefined;
  }
  if (brokers !== undefined || contactPoints !== undefined) {
    throw new Error('Set both KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS, or neither.');
  }
  const before = await status(testDirectory);
  const wereRunning = before.every(({ condition }) => condition === 'running');
  const keep = wereRunning || (process.env['ENGINE_KEEP_SERVERS'] ?? '') !== '';
  const leave = joinUsers(testDirectory, keep);
  const endpoints = await up({
    directory: testDirectory,
    ports: wereRunning ? {} : { kafka: 0, cassandra: 0 },
    onProgress: ({ server, text, passing }) => {
      if (!passing) say(`${server}: ${text}`);
    },
  });
  process.env['KAFKA_BROKERS'] = endpoints.kafka.brokers;
  process.env['CASSANDRA_CONTACT_POINTS'] = endpoints.cassandra.contactPoints;
  say(`Kafka ${endpoints.kafka.brokers}, Cassandra ${endpoints.cassandra.contactPoints}`);
  return async () => {
    if (leave()) await down(testDirectory);
  };
}

function say(text: string): void {
  process.stderr.write(`servers: ${text}\n`);
}
