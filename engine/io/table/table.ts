/**
 * A table as sinks of rows see it, whether Cassandra or SQLite keeps it: the same names, the same
 * type names (Cassandra's), the same primary key.
 */
import { arrayTypeOf, elementOf } from '../../core/array.ts';
import { type ColumnType, type ScalarType, isArray } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { SinkNode } from '../../plan/planner.ts';

/** Settings of a table sink, as the planner writes them. */
export interface TableConfig {
  readonly table: string;
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  readonly ttlMs: number | null;
  /** Clustering columns that do not ascend. */
  readonly clusteringOrder?: Readonly<Record<string, 'asc' | 'desc'>>;
}

/** One column, in the order of the sink's vectors. */
export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** What a sink writes to. */
export interface Table extends Omit<TableConfig, 'clusteringOrder'> {
  readonly keyspace: string;
  readonly columns: readonly TableColumn[];
  /** Clustering columns in descending order. */
  readonly descending: readonly string[];
}

/** Contact points and client settings of a connection. */
export type Connection = NonNullable<SinkNode['connector']['connection']>;

/** The stored type of each type of values; Cassandra's names, which SQLite takes as affinities too. */
export const STORED_TYPES: Readonly<Record<ScalarType, string>> = {
  bool: 'boolean',
  int: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  string: 'text',
  timestamp: 'timestamp',
};

/**
 * The stored type of a column in Cassandra. Lists are frozen: one cell, which a repeated write with the
 * same timestamp (R5) leaves as it is, where it would add to a list that is not. Structs are JSON.
 */
export function storedType(type: ColumnType): string {
  if (!isArray(type)) return STORED_TYPES[type];
  const element = elementOf(type);
  return element.kind === 'struct' ? 'text' : `frozen<list<${STORED_TYPES[element.type]}>>`;
}

/** The column type behind a stored type, or null for one that the engine does not write. */
export function columnTypeOf(stored: string): ColumnType | null {
  const [, inner] = /^frozen<list<(\w+)>>$/.exec(stored) ?? [];
  if (inner !== undefined) {
    const type = columnTypeOf(inner);
    return type === null || isArray(type)
      ? null
      : arrayTypeOf({ kind: 'scalar', type, required: false });
  }
  const name = stored === 'varchar' || stored === 'ascii' ? 'text' : stored;
  for (const [type, own] of Object.entries(STORED_TYPES)) {
    if (own === name) return type as ScalarType;
  }
  return null;
}

const IDENTIFIER = /^[a-z][a-z0-9_]{0,47}$/;

/** Words that CQL reserves: they may name a table or column only in double quotes. */
const RESERVED = new Set(
  (
    'add allow alter and apply asc authorize batch begin by columnfamily create default delete desc ' +
    'describe drop entries execute from full grant if in index infinity insert into is keyspace ' +
    'limit materialized modify nan norecursive not null of on or order primary rename replace ' +
    'revoke schema select set table to token truncate unlogged unset update use using view where with'
  ).split(' '),
);

/**
 * A name as it may stand in a statement: identifiers cannot be bound, so they are allow-listed
 * (`[a-z][a-z0-9_]{0,47}`), and reserved words are quoted.
 * @throws EngineError ENG_CASSANDRA_SCHEMA for anything else
 */
export function identifier(name: string): string {
  if (!IDENTIFIER.test(name)) {
    throw new EngineError(
      'ENG_CASSANDRA_SCHEMA',
      `"${name}" cannot name a keyspace, table or column: use a lower-case letter, then up to 47 lower-case letters, digits and _`,
    );
  }
  return RESERVED.has(name) ? `"${name}"` : name;
}

/** The keyspace of a connection. */
export function keyspaceOf(connection: Connection): string {
  const { keyspace } = connection.options;
  if (typeof keyspace !== 'string' || keyspace === '') {
    throw new EngineError(
      'ENG_CASSANDRA_SCHEMA',
      `connection "${connection.name}" names no keyspace: add \`keyspace: …\` to it`,
    );
  }
  return keyspace;
}

/** The connection of a sink that must have one. */
export function connectionOf(node: SinkNode): Connection {
  const { connection } = node.connector;
  if (connection === null) {
    throw new EngineError('ENG_INVARIANT', `engine bug: sink ${node.name} has no connection`);
  }
  return connection;
}

/**
 * What a sink node writes to, with its names checked.
 * @throws EngineError ENG_CASSANDRA_SCHEMA for a name or a key that cannot be
 */
export function tableOf(node: SinkNode): Table {
  const config = node.connector.config as TableConfig;
  const keyspace = keyspaceOf(connectionOf(node));
  const columns = node.columns.map(({ name, type }) => ({ name, type }));
  for (const name of [keyspace, config.table, ...columns.map((column) => column.name)]) {
    identifier(name);
  }
  const key = [...config.partitionKey, ...config.clusteringKey];
  const missing = key.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined || config.partitionKey.length === 0) {
    throw new EngineError(
      'ENG_CASSANDRA_SCHEMA',
      missing === undefined
        ? `table ${config.table} has no partition key`
        : `table ${config.table} has "${missing}" in its primary key, but the sink writes no such column`,
    );
  }
  const { table, partitionKey, clusteringKey, ttlMs, clusteringOrder = {} } = config;
  const descending = clusteringKey.filter((name) => clusteringOrder[name] === 'desc');
  return { keyspace, table, partitionKey, clusteringKey, ttlMs, descending, columns };
}

/** A table as it is stored: types as the store names them, key columns in order. */
export interface StoredTable {
  readonly types: ReadonlyMap<string, string>;
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
}

const keyText = (partition: readonly string[], clustering: readonly string[]): string =>
  `((${partition.join(', ')})${clustering.map((name) => `, ${name}`).join('')})`;

/**
 * What keeps rows of `table` from being written to `stored`, one line each; empty when they fit.
 * Columns that only the store has are fine as long as they are not part of its key.
 */
export function differencesOf(table: Table, stored: StoredTable): string[] {
  const lines: string[] = [];
  for (const { name, type } of table.columns) {
    const wanted = storedType(type);
    const actual = stored.types.get(name);
    if (actual === undefined) lines.push(`column ${name}: missing, the pipeline writes ${wanted}`);
    else if (columnTypeOf(actual) !== columnTypeOf(wanted)) {
      lines.push(`column ${name}: stored as ${actual}, the pipeline writes ${wanted}`);
    }
  }
  const wanted = keyText(table.partitionKey, table.clusteringKey);
  const actual = keyText(stored.partitionKey, stored.clusteringKey);
  if (wanted !== actual) lines.push(`primary key: stored as ${actual}, the pipeline has ${wanted}`);
  return lines;
}
