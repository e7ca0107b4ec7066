/**
 * The same servers from infra/compose.yaml: containers, data in named volumes. The work is done by
 * `docker compose`, whose output goes to stderr; images and ports by its variables KAFKA_IMAGE,
 * CASSANDRA_IMAGE, KAFKA_PORT, CASSANDRA_PORT.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../engine/errors.ts';
import type { Addresses } from './environment.ts';
import { findPort, host } from './ports.ts';
import { type ServerName, serverNames } from './server.ts';

/** The compose file. */
export const COMPOSE_FILE = new URL('../compose.yaml', import.meta.url);

const usualPorts = { kafka: 9092, cassandra: 9042 } as const;

/** What to bring up; a port that is not given is the one of the environment, else the usual one. */
export interface ComposeUp {
  readonly only?: ServerName | undefined;
  readonly ports: Partial<Record<ServerName, number>>;
}

/**
 * Starts them, or finds them running, and waits until they are healthy.
 * @throws EngineError ENG_INFRA_PREREQUISITE (no docker), ENG_INFRA_START (compose failed)
 */
export async function composeUp({ only, ports }: ComposeUp): Promise<Addresses> {
  const names = only === undefined ? serverNames : [only];
  const chosen: Addresses = {};
  const variables: NodeJS.ProcessEnv = {};
  for (const name of names) {
    const wanted = ports[name] ?? (Number(process.env[portVariable(name)]) || usualPorts[name]);
    // The port is in Kafka's settings too: Docker may not choose it.
    const port = wanted === 0 ? await findPort(0) : wanted;
    variables[portVariable(name)] = String(port);
    chosen[name] = `${host}:${port}`;
  }
  await compose(['up', '--detach', '--wait', ...names], variables);
  return chosen;
}

/**
 * Stops them; with `wipe` their data goes too.
 * @throws EngineError as {@link composeUp}
 */
export async function composeDown({
  only,
  wipe = false,
}: {
  readonly only?: ServerName | undefined;
  readonly wipe?: boolean;
}): Promise<void> {
  if (only !== undefined) await compose(['stop', only]);
  else await compose(['down', ...(wipe ? ['--volumes'] : [])]);
}

const portVariable = (name: ServerName): string => `${name.toUpperCase()}_PORT`;

async function compose(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<void> {
  if ((await docker(['compose', 'version'], 'ignore')) !== 0) {
    throw new EngineError(
      'ENG_INFRA_PREREQUISITE',
      'docker compose (version 2) is not there; install it, or leave --docker out: the servers run without it',
    );
  }
  const file = fileURLToPath(COMPOSE_FILE);
  // What it prints is progress: stdout is for the addresses.
  const code = await docker(['compose', '-f', file, ...args], 2, variables);
  if (code === 0) return;
  throw new EngineError(
    'ENG_INFRA_START',
    `docker compose ${args[0]} failed; what it said stands above (a port in use: --kafka-port, --cassandra-port; an image that cannot be had: KAFKA_IMAGE, CASSANDRA_IMAGE)`,
  );
}

/** The exit code; null when there is no such program. */
function docker(
  args: readonly string[],
  output: 'ignore' | 2,
  variables: NodeJS.ProcessEnv = {},
): Promise<number | null> {
  const env = { ...process.env, ...variables };
  const child = spawn('docker', args, { stdio: ['ignore', output, output], env });
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
}
