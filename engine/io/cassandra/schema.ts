/** Keyspace and table: created when missing, else compared with what the pipeline writes. */
import type { Client } from 'cassandra-driver';
import { EngineError } from '../../errors.ts';
import { differencesOf, type Connection, type StoredTable, type Table } from '../table/table.ts';
import { addColumnCql, keyspaceCql, qualified, replicationOf, tableCql } from './ddl.ts';

/** Schema changes wait for agreement and for compaction of system tables: slow on a busy machine. */
const SCHEMA_TIMEOUT = { readTimeout: 60_000 };

/** The table as `system_schema` describes it, or null when there is none. */
export async function readStoredTable(
  client: Client,
  keyspace: string,
  table: string,
): Promise<StoredTable | null> {
  const { rows } = await client.execute(
    'SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, table],
    SCHEMA_TIMEOUT,
  );
  if (rows.length === 0) return null;
  const named = (kind: string): string[] =>
    rows
      .filter((row) => row['kind'] === kind)
      .sort((a, b) => Number(a['position']) - Number(b['position']))
      .map((row) => String(row['column_name']));
  return {
    types: new Map(rows.map((row) => [String(row['column_name']), String(row['type'])])),
    partitionKey: named('partition_key'),
    clusteringKey: named('clustering'),
  };
}

async function hasKeyspace(client: Client, keyspace: string): Promise<boolean> {
  const { rows } = await client.execute(
    'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
    SCHEMA_TIMEOUT,
  );
  return rows.length > 0;
}

/** The error for a table that does not fit, with the way out. */
function misfit(table: Table, differences: readonly string[], stored: StoredTable): EngineError {
  const missing = table.columns.filter(({ name }) => !stored.types.has(name));
  const advice =
    missing.length === differences.length
      ? `Add them: ${missing.map(({ name }) => `${addColumnCql(table, name)};`).join(' ')}`
      : 'Write to another table (`table: …` of the sink), or drop this one.';
  const lines = differences.map((line) => `  ${line}`).join('\n');
  return new EngineError(
    'ENG_CASSANDRA_SCHEMA',
    `table ${qualified(table)} does not fit the pipeline:\n${lines}\n${advice}`,
    { context: { keyspace: table.keyspace, table: table.table, differences } },
  );
}

/**
 * Compares the stored table with what the pipeline writes.
 * @throws EngineError ENG_CASSANDRA_SCHEMA with the differences, or when the table is gone
 */
export async function checkTable(client: Client, table: Table): Promise<void> {
  const stored = await readStoredTable(client, table.keyspace, table.table);
  if (stored === null) {
    throw new EngineError('ENG_CASSANDRA_SCHEMA', `table ${qualified(table)} does not exist`);
  }
  const differences = differencesOf(table, stored);
  if (differences.length > 0) throw misfit(table, differences, stored);
}

/**
 * Creates keyspace and table where they are missing, then checks the table. What exists is never
 * altered, and no right to create is needed for it.
 * @returns what was created, as `keyspace x` or `table x.y`
 */
export async function ensureTable(
  client: Client,
  connection: Connection,
  table: Table,
): Promise<string[]> {
  const created: string[] = [];
  if (!(await hasKeyspace(client, table.keyspace))) {
    const cql = keyspaceCql(table.keyspace, replicationOf(connection));
    await client.execute(cql, [], { ...SCHEMA_TIMEOUT, prepare: false });
    created.push(`keyspace ${table.keyspace}`);
  }
  if ((await readStoredTable(client, table.keyspace, table.table)) === null) {
    await client.execute(tableCql(table), [], { ...SCHEMA_TIMEOUT, prepare: false });
    created.push(`table ${qualified(table)}`);
  }
  await checkTable(client, table);
  return created;
}
