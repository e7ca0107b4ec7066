/**
 * Kafka and Cassandra of infra/compose.yaml as containers of a test run: ports of 127.0.0.1 that are
 * free, no volumes, gone afterwards.
 */
import { randomUUID } from 'node:crypto';
import {
  GenericContainer,
  type StartedTestContainer,
  Wait,
  getContainerRuntimeClient,
} from 'testcontainers';
import { host, findPort } from '../servers/ports.ts';
import { readService } from './compose-file.ts';
import { imagesHere } from './images-here.ts';

/** Servers in containers. */
export interface ContainerServers {
  readonly brokers: string;
  readonly contactPoints: string;
  /** Names of the images they run from. */
  readonly images: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Tests make dozens of keyspaces and topics: more than the stack that the limits are meant for. */
const JVMS = {
  KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m',
  MAX_HEAP_SIZE: '512M',
  HEAP_NEWSIZE: '128M',
  // As `shortLived` in infra/servers: read by every `java`.
  JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1',
};

/** A server on a loaded machine takes 22 s. */
const START_MS = 120_000;

/** Starts both. Throws when no Docker engine answers, or an image cannot be had. */
export async function startContainers(): Promise<ContainerServers> {
  // Its helper that clears up after killed runs is an image of its own, and may not be had.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const runtime = await getContainerRuntimeClient();
  const variables = { ...(await imagesHere()), ...process.env };
  // On this network ports are published at 127.0.0.1; by default it is at every address.
  const network = await runtime.network.create({
    Name: `engine-test-${randomUUID()}`,
    Options: { 'com.docker.network.bridge.host_binding_ipv4': host },
  });
  const started: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.map((container) => container.stop({ timeout: 10_000 })));
    await runtime.network.remove(network);
  };
  const start = async (name: string, inner: number): Promise<[address: string, image: string]> => {
    const port = await findPort(0);
    const variable = { [`${name.toUpperCase()}_PORT`]: String(port) };
    const { image, ...service } = readService(name, { ...variables, ...variable });
    const container = new GenericContainer(image)
      .withEnvironment({ ...service.environment, ...JVMS })
      .withNetworkMode(network.id)
      // As in compose: Kafka calls itself by this name.
      .withHostname(name)
      .withExposedPorts({ container: inner, host: port })
      .withHealthCheck({
        test: ['CMD', ...service.healthcheck.test.slice(1)],
        ...{ interval: 1_000, timeout: 5_000, retries: 10, startPeriod: START_MS },
      })
      .withWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(START_MS);
    started.push(await container.start());
    return [`${host}:${port}`, image];
  };
  try {
    const [kafka, cassandra] = await Promise.all([start('kafka', 9092), start('cassandra', 9042)]);
    const images = [kafka[1], cassandra[1]];
    return { brokers: kafka[0], contactPoints: cassandra[0], images, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** True when a Docker engine answers. */
export async function hasDocker(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}
