import { messageOf } from '../../engine/errors.ts';
import { hasDocker, startContainers } from '../containers/servers.ts';
import { status } from './status.ts';
import { down, up } from './servers.ts';
import { joinUsers } from './test-users.ts';

/** State directory of the servers the integration tests run against, apart from a user's own. */
export const testDirectory = '.engine/test';

/**
 * Global setup of the integration tests: real Kafka and Cassandra, or a loud failure; never a skip.
 * Servers named by KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS are taken as they are. Else they are
 * started, in containers where a Docker engine answers and has or gets the images, without where
 * not, and both variables are set for the tests. ENGINE_TEST_SERVERS=containers demands the first,
 * ENGINE_TEST_SERVERS=processes the second.
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
  const { ENGINE_TEST_SERVERS: kind = '' } = process.env;
  if (kind === 'containers') return inContainers();
  if (kind !== 'processes' && !(await areOurs()) && (await hasDocker())) {
    try {
      return await inContainers();
    } catch (error) {
      say(`no containers: ${messageOf(error)}`);
    }
  }
  return asProcesses();
}

const areOurs = async (): Promise<boolean> =>
  (await status(testDirectory)).every(({ condition }) => condition === 'running');

async function inContainers(): Promise<() => Promise<void>> {
  const { brokers, contactPoints, images, stop } = await startContainers();
  process.env['KAFKA_BROKERS'] = brokers;
  process.env['CASSANDRA_CONTACT_POINTS'] = contactPoints;
  say(`containers of ${images.join(' and ')}: Kafka ${brokers}, Cassandra ${contactPoints}`);
  return stop;
}

/**
 * The function it returns stops what was not running before (see test-users.ts), unless
 * ENGINE_KEEP_SERVERS is set: for who runs tests again and again.
 */
async function asProcesses(): Promise<() => Promise<void>> {
  const wereRunning = await areOurs();
  const keep = wereRunning || (process.env['ENGINE_KEEP_SERVERS'] ?? '') !== '';
  const leave = joinUsers(testDirectory, keep);
  const endpoints = await up({
    directory: testDirectory,
    shortLived: true,
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
