/** Where a bench runs: servers from the environment, a project of its own for state and definition. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireClient, type SharedClient } from '../io/cassandra/client.ts';
import { connectionTo } from '../io/kafka/brokers.ts';
import type { KafkaConnection } from '../io/kafka/client.ts';

/** The keyspace that benches write to and remove again. */
export const KEYSPACE = 'engine_bench';

/** The engine that is measured: what Node is started with. */
export interface Program {
  /** What a user starts. */
  readonly bin: string;
  /** The measured side of an open loop. */
  readonly latencyRun: string;
}

/** This very engine. */
export const ownProgram: Program = {
  bin: fileURLToPath(new URL('../bin.js', import.meta.url)),
  latencyRun: fileURLToPath(new URL(`./latency-run${extname(import.meta.url)}`, import.meta.url)),
};

/** The servers, and a temporary directory. Remove it with `close`. */
export interface Bench {
  readonly connection: KafkaConnection;
  readonly brokers: string;
  /** Null where no Cassandra is configured: rows go to SQLite. */
  readonly contactPoints: string | null;
  readonly project: string;
  readonly program: Program;
  readonly onNotice: (text: string) => void;
  readonly close: () => void;
}

/** Throws EngineError ENG_KAFKA_CONNECT in plain words when no broker is configured. */
export function openBench(
  { brokers, contactPoints }: { brokers: string | undefined; contactPoints: string | undefined },
  onNotice: (text: string) => void,
  program: Program = ownProgram,
): Bench {
  const connection = connectionTo(brokers);
  const project = mkdtempSync(join(tmpdir(), 'engine-bench-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  return {
    ...{ connection, project, program, onNotice, brokers: connection.addresses.join(',') },
    contactPoints: contactPoints === undefined || contactPoints === '' ? null : contactPoints,
    close: () => rmSync(project, { recursive: true, force: true }),
  };
}

/** Forgets the tables of a run, so that the next one's rows are its own. */
export async function dropTables(bench: Bench): Promise<void> {
  rmSync(join(bench.project, '.engine'), { recursive: true, force: true });
  await withCassandra(bench, (client) =>
    client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`, [], { readTimeout: 60_000 }),
  );
}

/** Does something with the server; null, and nothing done, where none is configured. */
export async function withCassandra<Result>(
  { contactPoints, onNotice }: Bench,
  work: (client: SharedClient['client']) => Promise<Result>,
): Promise<Result | null> {
  if (contactPoints === null) return null;
  const options = { local_data_center: 'datacenter1', keyspace: KEYSPACE };
  const addresses = contactPoints.split(',');
  const shared = await acquireClient(
    { name: 'bench', kind: 'cassandra', addresses, options },
    { signal: new AbortController().signal, onNotice },
  );
  return work(shared.client).finally(() => shared.release());
}
