/** Tables in SQLite with Cassandra's type names, which SQLite reads as affinities. */
import type { DatabaseSync } from 'node:sqlite';
import { type ColumnType, isArray } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import { differencesOf, STORED_TYPES, type StoredTable, type Table } from '../table/table.ts';

/** Hidden column of tables whose rows expire: epoch ms. No column of a pipeline begins with `_`. */
export const EXPIRES_AT = '_expires_at';

const PURGE = (table: string): string => `DELETE FROM "${table}" WHERE ${EXPIRES_AT} <= ?`;

/** Arrays are JSON text in a file: SQLite's functions for JSON read them. */
const inFile = (type: ColumnType): string => (isArray(type) ? 'text' : STORED_TYPES[type]);

const quoted = (name: string): string => `"${name}"`;

/** What creates the table unless it exists. */
export function createTableSql(table: Table): string {
  const columns = table.columns.map(({ name, type }) => `${quoted(name)} ${inFile(type)}`);
  if (table.ttlMs !== null) columns.push(`${EXPIRES_AT} bigint`);
  const { partitionKey, clusteringKey, descending } = table;
  const key = [...partitionKey, ...clusteringKey]
    .map((name) => quoted(name) + (descending.includes(name) ? ' DESC' : ''))
    .join(', ');
  const body = [...columns, `PRIMARY KEY (${key})`].join(', ');
  // The key of a table WITHOUT ROWID is its order on disk, and none of its columns may be null.
  return `CREATE TABLE IF NOT EXISTS ${quoted(table.table)} (${body}) WITHOUT ROWID`;
}

/**
 * The upsert of one row: columns in order, then the expiry if rows expire.
 * @param keepNull true: null replaces what is stored; false: null leaves it as it is (K2)
 */
export function upsertSql(table: Table, keepNull: boolean): string {
  const key = [...table.partitionKey, ...table.clusteringKey];
  const names = table.columns.map(({ name }) => name);
  if (table.ttlMs !== null) names.push(EXPIRES_AT);
  const columns = names.map(quoted).join(', ');
  const markers = names.map(() => '?').join(', ');
  const set = names
    .filter((name) => !key.includes(name))
    .map(quoted)
    .map((name) =>
      keepNull
        ? `${name} = excluded.${name}`
        : `${name} = coalesce(excluded.${name}, ${quoted(table.table)}.${name})`,
    );
  const then = set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`;
  return `INSERT INTO ${quoted(table.table)} (${columns}) VALUES (${markers}) ON CONFLICT (${key.map(quoted).join(', ')}) DO ${then}`;
}

/** The table as the file has it, or null when there is none. The whole key counts as `partitionKey`. */
export function readStoredTable(database: DatabaseSync, table: string): StoredTable | null {
  const rows = database.prepare('SELECT name, type, pk FROM pragma_table_info(?)').all(table);
  if (rows.length === 0) return null;
  const key = rows
    .filter(({ pk }) => Number(pk) > 0)
    .sort((a, b) => Number(a['pk']) - Number(b['pk']))
    .map(({ name }) => String(name));
  // Type names are case-blind: SQLite turns `text` into TEXT and keeps `bigint` as it is.
  const types = rows.map(({ name, type }) => [String(name), String(type).toLowerCase()] as const);
  return { types: new Map(types), partitionKey: key, clusteringKey: [] };
}

/**
 * Creates the table when it is missing, checks it otherwise, and deletes what has expired. A table of
 * another shape is left alone: its rows may be all there is of them.
 * @throws EngineError ENG_SINK_FAILED with the differences and the way out
 */
export function ensureTable(
  database: DatabaseSync,
  table: Table,
  { path, nowMs }: { path: string; nowMs: number },
): void {
  database.exec(createTableSql(table));
  const stored = readStoredTable(database, table.table);
  if (stored === null) throw new EngineError('ENG_INVARIANT', 'engine bug: table not created');
  const wanted = {
    ...table,
    partitionKey: [...table.partitionKey, ...table.clusteringKey],
    clusteringKey: [],
    columns: table.columns.map(({ name, type }) => ({
      name,
      type: isArray(type) ? ('string' as const) : type,
    })),
  };
  const differences = differencesOf(wanted, stored);
  if (differences.length > 0) {
    const lines = differences.map((line) => `  ${line}`).join('\n');
    throw new EngineError(
      'ENG_SINK_FAILED',
      `table ${table.table} in ${path} does not fit the pipeline:\n${lines}\n` +
        'It was written by another version of the definition. Keep it by renaming the table of the sink, ' +
        `or start over with \`engine reset\` (or delete ${path}).`,
      { context: { path, table: table.table, differences } },
    );
  }
  if (table.ttlMs === null) return;
  if (!stored.types.has(EXPIRES_AT)) {
    database.exec(`ALTER TABLE ${quoted(table.table)} ADD COLUMN ${EXPIRES_AT} bigint`);
  }
  database.prepare(PURGE(table.table)).run(nowMs);
}
