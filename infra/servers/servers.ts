/**
 * Real Kafka and Cassandra on this machine, without containers: started from Maven Central's jars,
 * kept below a state directory, left running when the command that started them ends.
 *
 *   STATE/servers/NAME/{state.json,server.log,conf/,data/}   one server
 *   .engine/jars/NAME-VERSION/                               shared by all state directories
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { EngineError } from '../../engine/errors.ts';
import { cassandra } from './cassandra.ts';
import { kafka } from './kafka.ts';
import { withLock } from './lock.ts';
import { homeOf, lenientState, pidOf } from './lookup.ts';
import { host } from './ports.ts';
import { type Ending, stopMarked } from './process.ts';
import { type Server, type ServerHome, type ServerName, serverNames } from './server.ts';
import { bring, stopGraceMs } from './start.ts';
import { writeState } from './state.ts';
import type { Addresses } from './environment.ts';

/** The descriptions of all servers. */
export const servers: Readonly<Record<ServerName, Server>> = {
  kafka,
  cassandra,
};

/** Something happened on the way up. */
export interface Progress {
  readonly server: ServerName;
  /** A clause without a full stop. */
  readonly text: string;
  /** True for what the next text overtakes: show it in place, or not at all. */
  readonly passing: boolean;
}

/** What to bring up. */
export interface UpOptions {
  /** The state directory, e.g. `.engine` or `.engine/test`; made when it is not there. */
  readonly directory: string;
  /** One server instead of both. */
  readonly only?: ServerName | undefined;
  /** Ports by server; 0 for any free one; absent for the one it had, else 9092 or 9042, else any. */
  readonly ports?: Partial<Record<ServerName, number>>;
  /** Heap of each server in MiB, 512 unless told. One that runs keeps what it has. */
  readonly heapMb?: number;
  /**
   * Cassandra acknowledges a write when it is on disk. Not unless told: that is slower, and by default,
   * as everywhere, a single Cassandra that is killed may lose what it acknowledged last.
   */
  readonly durable?: boolean;
  /**
   * For tests: the servers are there sooner and take less processor time, but at full load Cassandra writes
   * little more than half as much. Not unless told.
   */
  readonly shortLived?: boolean;
  /** Limit on the wait for each server's first answer, 180,000 unless told; downloads not included. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Where the servers are reached. */
export interface Endpoints {
  /** `host:port`, as KAFKA_BROKERS takes it. */
  readonly kafka: { readonly brokers: string };
  /** `host:port`, as CASSANDRA_CONTACT_POINTS takes it. */
  readonly cassandra: { readonly contactPoints: string };
}

const chosen = (only: ServerName | undefined): readonly ServerName[] =>
  only === undefined ? serverNames : [only];

/** {@link Endpoints} as addresses by server. */
export const addressesOf = (endpoints: Partial<Endpoints>): Addresses => ({
  ...(endpoints.kafka === undefined ? {} : { kafka: endpoints.kafka.brokers }),
  ...(endpoints.cassandra === undefined ? {} : { cassandra: endpoints.cassandra.contactPoints }),
});

/** The other way round. */
export const endpointsOf = ({ kafka, cassandra }: Addresses): Partial<Endpoints> => ({
  ...(kafka === undefined ? {} : { kafka: { brokers: kafka } }),
  ...(cassandra === undefined ? {} : { cassandra: { contactPoints: cassandra } }),
});

/**
 * Makes sure that the servers run and answer, both at once. Idempotent, and safe to call from several
 * processes: one that runs is used, one that died comes back with its data on its port.
 * With everything running it takes some 10 ms; from nothing 10 to 20 s; the first time Maven's download more.
 * @throws EngineError ENG_INFRA_PREREQUISITE (no Java, no Maven), ENG_INFRA_START, ENG_STATE_CORRUPT;
 *   when both servers fail, one error that says both
 */
export function up(options: UpOptions & { readonly only?: undefined }): Promise<Endpoints>;
export function up(options: UpOptions): Promise<Partial<Endpoints>>;
export async function up(options: UpOptions): Promise<Partial<Endpoints>> {
  const names = chosen(options.only);
  const outcomes = await Promise.allSettled(
    names.map(async (name) =>
      bring({
        server: servers[name],
        directory: options.directory,
        port: options.ports?.[name],
        heapMb: options.heapMb ?? 512,
        durable: options.durable ?? false,
        shortLived: options.shortLived ?? false,
        timeoutMs: options.timeoutMs ?? 180_000,
        onProgress: (text, passing) => options.onProgress?.({ server: name, text, passing }),
      }),
    ),
  );
  const failures = outcomes.filter((each) => each.status === 'rejected');
  if (failures.length > 0) throw joined(failures.map(({ reason }) => reason as unknown));
  const [kafkaAt, cassandraAt] = serverNames.map((name) => {
    const outcome = outcomes[names.indexOf(name)];
    return outcome?.status === 'fulfilled' ? `${host}:${outcome.value.ports.client}` : undefined;
  });
  return {
    ...(kafkaAt === undefined ? {} : { kafka: { brokers: kafkaAt } }),
    ...(cassandraAt === undefined ? {} : { cassandra: { contactPoints: cassandraAt } }),
  };
}

/**
 * One error out of several: a bug first; then what is to be installed, as the last server says it
 * (a Java for Cassandra does for Kafka too); else the first, with the other messages below its own.
 */
function joined(errors: unknown[]): unknown {
  const known = errors.filter((error) => error instanceof EngineError);
  const [first] = known;
  if (first === undefined || known.length < errors.length) {
    return errors.find((error) => !(error instanceof EngineError));
  }
  const missing = known.findLast((error) => error.code === 'ENG_INFRA_PREREQUISITE');
  if (missing !== undefined) return missing;
  const message = known.map((error) => error.message).join('\n');
  const { code, retryable, context } = first;
  return new EngineError(code, message, { retryable, context, cause: first });
}

async function stop(home: ServerHome): Promise<Ending> {
  const state = await lenientState(home);
  const pid = await pidOf(home, state);
  const ending = pid === undefined ? 'was gone' : await stopMarked(pid, home.mark, stopGraceMs);
  if (state !== undefined) await writeState(home.state, { ...state, pid: null });
  return ending;
}

async function forEach<T>(
  names: readonly ServerName[],
  body: (name: ServerName) => Promise<T>,
): Promise<Map<ServerName, T>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await body(name)] as const)));
}

/**
 * Stops the servers of a state directory: SIGTERM, and SIGKILL to what still runs after 20 s. Data
 * and ports stay. No process but ours is touched.
 * @returns how each came to its end
 */
export async function down(directory: string, only?: ServerName): Promise<Map<ServerName, Ending>> {
  return forEach(chosen(only), async (name) => {
    const home = homeOf(directory, name);
    if (!existsSync(home.directory)) return 'was gone';
    return withLock(home.lock, async () => stop(home));
  });
}

/** As {@link down}, and wipes data, logs and remembered ports. The jars stay. */
export async function reset(
  directory: string,
  only?: ServerName,
): Promise<Map<ServerName, Ending>> {
  return forEach(chosen(only), async (name) => {
    const home = homeOf(directory, name);
    if (!existsSync(home.directory)) return 'was gone';
    return withLock(home.lock, async () => {
      const ending = await stop(home);
      await rm(home.directory, { recursive: true, force: true, maxRetries: 3 });
      return ending;
    });
  });
}
