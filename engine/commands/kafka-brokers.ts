/** Which brokers the commands on topics talk to. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { connectionTo } from '../io/kafka/brokers.ts';
import type { KafkaConnection } from '../io/kafka/client.ts';
import { parseDotEnv } from '../spec/dot-env.ts';

/** The flag of these commands. */
export interface BrokerFlags {
  readonly brokers?: string;
}

/** Adds --brokers to a command. */
export const withBrokers = (command: Command): Command =>
  command.option('--brokers <host:port,…>', 'brokers (default: KAFKA_BROKERS, also from .env)');

/**
 * The brokers of --brokers, else of KAFKA_BROKERS in the environment, else in `.env`. Throws
 * EngineError ENG_KAFKA_CONNECT, saying how to get one, when none is configured.
 */
export const brokersOf = (flags: BrokerFlags): KafkaConnection =>
  connectionTo(configuredBrokers(flags));

/** What --brokers, the environment or `.env` says; undefined where none of them says anything. */
export function configuredBrokers(flags: BrokerFlags): string | undefined {
  const text = flags.brokers ?? process.env['KAFKA_BROKERS'] ?? fromDotEnv();
  return text === '' ? undefined : text;
}

function fromDotEnv(): string | undefined {
  const project = findProjectDirectory(process.cwd());
  const file = [resolve('.env'), join(project, '.env')].find((each) => existsSync(each));
  if (file === undefined) return undefined;
  return parseDotEnv(readFileSync(file, 'utf8')).get('KAFKA_BROKERS');
}
