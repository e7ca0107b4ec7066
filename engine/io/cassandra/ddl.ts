/** CQL text: what creates a keyspace and a table, and what writes a row. */
import { EngineError } from '../../errors.ts';
import type { SinkNode } from '../../plan/planner.ts';
import {
  connectionOf,
  identifier,
  storedType,
  tableOf,
  type Connection,
  type Table,
} from '../table/table.ts';

/** `keyspace.table`, quoted where a word is reserved. */
export const qualified = (table: Pick<Table, 'keyspace' | 'table'>): string =>
  `${identifier(table.keyspace)}.${identifier(table.table)}`;

/** A factor for SimpleStrategy, or factors by data centre for NetworkTopologyStrategy. */
export type Replication = number | ReadonlyMap<string, number>;

const DATA_CENTER = /^[A-Za-z0-9_.-]{1,100}$/;

/**
 * Replication of a connection; 1 unless it says otherwise.
 * @throws EngineError ENG_CASSANDRA_SCHEMA
 */
export function replicationOf(connection: Connection): Replication {
  const { replication } = connection.options;
  const isFactor = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) > 0;
  if (replication === undefined || replication === null) return 1;
  if (isFactor(replication)) return replication;
  const factors = Object.entries(replication as Readonly<Record<string, unknown>>);
  const fits = factors.every(([name, factor]) => DATA_CENTER.test(name) && isFactor(factor));
  if (typeof replication === 'object' && factors.length > 0 && fits) {
    return new Map(factors as [string, number][]);
  }
  throw new EngineError(
    'ENG_CASSANDRA_SCHEMA',
    `replication of connection "${connection.name}" must be a whole number, or one for each data center`,
  );
}

/** Statement that creates the keyspace unless it exists; no semicolon. */
export function keyspaceCql(keyspace: string, replication: Replication): string {
  const parts =
    typeof replication === 'number'
      ? ["'class': 'SimpleStrategy'", `'replication_factor': ${replication}`]
      : [
          "'class': 'NetworkTopologyStrategy'",
          ...[...replication].map(([name, factor]) => `'${name}': ${factor}`),
        ];
  const name = identifier(keyspace);
  return `CREATE KEYSPACE IF NOT EXISTS ${name}\n  WITH replication = {${parts.join(', ')}}`;
}

function clusteringOrder({ clusteringKey, descending }: Table): string {
  if (descending.length === 0) return '';
  const order = clusteringKey.map(
    (name) => `${identifier(name)} ${descending.includes(name) ? 'DESC' : 'ASC'}`,
  );
  return ` WITH CLUSTERING ORDER BY (${order.join(', ')})`;
}

/** Statement that creates the table unless it exists; no semicolon. */
export function tableCql(table: Table): string {
  const columns = table.columns.map(
    ({ name, type }) => `  ${identifier(name)} ${storedType(type)},\n`,
  );
  const clustering = table.clusteringKey.map((name) => `, ${identifier(name)}`).join('');
  const key = `((${table.partitionKey.map(identifier).join(', ')})${clustering})`;
  const body = `${columns.join('')}  PRIMARY KEY ${key}`;
  return `CREATE TABLE IF NOT EXISTS ${qualified(table)} (\n${body}\n)${clusteringOrder(table)}`;
}

/** Statement that adds a column to a table that lacks it; no semicolon. */
export const addColumnCql = (table: Table, name: string): string => {
  const column = table.columns.find((candidate) => candidate.name === name);
  return `ALTER TABLE ${qualified(table)} ADD ${identifier(name)} ${storedType(column?.type ?? 'string')}`;
};

/**
 * The upsert of one row: the table's columns in order, then the write timestamp in microseconds (R5)
 * and, when rows expire, the seconds that are left to the row (K2).
 */
export function insertCql(table: Table): string {
  const names = table.columns.map(({ name }) => identifier(name)).join(', ');
  const markers = table.columns.map(() => '?').join(', ');
  const ttl = table.ttlMs === null ? '' : ' AND TTL ?';
  return `INSERT INTO ${qualified(table)} (${names}) VALUES (${markers}) USING TIMESTAMP ?${ttl}`;
}

/**
 * Keyspaces and tables that sinks write to, as statements in the order they must run; tables that
 * several sinks write to have the columns of all of them.
 */
export function ddlOf(nodes: readonly SinkNode[]): string[] {
  const keyspaces = new Map<string, string>();
  const tables = new Map<string, Table>();
  for (const node of nodes) {
    const table = tableOf(node);
    const { keyspace } = table;
    keyspaces.set(keyspace, keyspaceCql(keyspace, replicationOf(connectionOf(node))));
    const name = qualified(table);
    tables.set(name, mergedTable(tables.get(name), table));
  }
  return [...keyspaces.values(), ...[...tables.values()].map(tableCql)];
}

function mergedTable(known: Table | undefined, table: Table): Table {
  if (known === undefined) return table;
  const isNew = ({ name }: Table['columns'][number]): boolean =>
    !known.columns.some((column) => column.name === name);
  return { ...known, columns: [...known.columns, ...table.columns.filter(isNew)] };
}
