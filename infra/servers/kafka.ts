import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineError, messageOf } from '../../engine/errors.ts';
import { jvmOptions } from './jvm.ts';
import { host } from './ports.ts';
import { probeKafka } from './probe.ts';
import type { Launch, Server, ServerHome, ServerPorts } from './server.ts';

const run = promisify(execFile);

/** The server's configuration: one process that is broker and controller, for one machine. */
export function renderKafkaProperties(data: string, ports: ServerPorts): string {
  const client = `${host}:${ports.client}`;
  const controller = `${host}:${ports.inner}`;
  return `# Written by engine before every start.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${controller}
listeners=PLAINTEXT://${client},CONTROLLER://${controller}
advertised.listeners=PLAINTEXT://${client}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${data.replaceAll('\\', '\\\\')}

# A mistyped topic name must be an error, not a new and empty topic: topics are made by whoever
# fills them (engine load, a kafka sink, the dead letters).
auto.create.topics.enable=false
num.partitions=4

# One node.
default.replication.factor=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
# 50 each by default, made when the first group or transaction comes: its wait, and 100 open files.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4

# Quick to answer: no wait for more members of a group, no 2 s between heartbeats to oneself; and
# after a crash the broker may register again when its session before is over, not after 9 s (with
# the pauses between its tries: 16 s measured).
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
num.recovery.threads.per.data.dir=2

# Small: 128 MiB of the heap go to the log cleaner by default, and 10 MiB of address space to each
# index of each segment.
log.cleaner.dedupe.buffer.size=16777216
log.index.size.max.bytes=1048576
`;
}

/** A cluster id as Kafka makes them: 16 random bytes in URL-safe base64, not beginning with a dash. */
export function makeClusterId(bytes: () => Buffer = () => randomBytes(16)): string {
  for (;;) {
    const id = bytes().toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

const configOf = (home: ServerHome): string => join(home.conf, 'server.properties');

const classPath = (launch: Launch): string[] => ['-cp', join(launch.jars, '*')];

const logging = (name: string): string =>
  `-Dlog4j.configuration=${new URL(`./kafka/${name}`, import.meta.url).href}`;

async function prepare(launch: Launch): Promise<void> {
  const { home } = launch;
  await mkdir(home.conf, { recursive: true });
  await mkdir(home.data, { recursive: true });
  await writeFile(configOf(home), renderKafkaProperties(home.data, launch.ports));
  // The last thing a format writes, so a format that broke off is done again.
  if (existsSync(join(home.data, 'meta.properties'))) return;
  const format = ['format', '--ignore-formatted', '-t', makeClusterId(), '-c', configOf(home)];
  try {
    await run(launch.java, [
      '-Xmx128m',
      '-XX:TieredStopAtLevel=1',
      logging('log4j.properties'),
      ...classPath(launch),
      'kafka.tools.StorageTool',
      ...format,
    ]);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as {
      stdout?: string;
      stderr?: string;
    };
    const said = `${stdout}${stderr}`.trim() || messageOf(error);
    throw new EngineError('ENG_INFRA_START', `Kafka cannot format ${home.data}:\n${said}`, {
      cause: error,
    });
  }
}

const command = (launch: Launch): Promise<string[]> =>
  Promise.resolve([
    ...jvmOptions(launch),
    // A process that lives on without memory answers nobody; a dead one is started again.
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    launch.home.mark,
    logging('log4j.properties'),
    ...classPath(launch),
    'kafka.Kafka',
    configOf(launch.home),
  ]);

/** Apache Kafka in KRaft mode. Its inner port is the controller's. */
export const kafka: Server = {
  name: 'kafka',
  title: 'Kafka 3.9.1',
  version: '3.9.1',
  pom: new URL('./kafka/pom.xml', import.meta.url),
  size: { jars: 57, mib: 46 },
  preferredPort: 9092,
  javaMajors: [17, 21, 11],
  prepare,
  command,
  probe: probeKafka,
};
