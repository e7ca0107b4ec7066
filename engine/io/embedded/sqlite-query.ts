/** Reads tables back from SQLite files, beside a pipeline that may be writing them. */
import { existsSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { ColumnType } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { Condition, StoredCell } from '../table/condition.ts';
import type { ResultColumn, TableReader, TableScan } from '../table/query.ts';
import { columnTypeOf, identifier, keyspaceOf, type Connection } from '../table/table.ts';
import { openDatabase } from './sqlite-store.ts';
import { EXPIRES_AT, readStoredTable } from './sqlite-table.ts';
import { databasePath } from './sqlite.ts';

/** The cell behind a stored value: NaN is kept as text, integers are read as bigint. */
function cellOf(value: SQLOutputValue | undefined, type: ColumnType | null): StoredCell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value === 'string') {
    return value === 'NaN' && (type === 'float' || type === 'double') ? NaN : value;
  }
  return typeof value === 'number' ? value : Buffer.from(value).toString('hex');
}

/** Equalities on the key narrow the search; everything else is left to the reader's `collect`. */
function pushedConditions(conditions: readonly Condition[], key: readonly string[]): Condition[] {
  return conditions.filter(
    ({ column, operator, value }) =>
      key.includes(column) && operator === '=' && value !== null && !Number.isNaN(value),
  );
}

function* rowsOf(
  database: DatabaseSync,
  sql: string,
  { values, columns }: { values: readonly SQLInputValue[]; columns: readonly ResultColumn[] },
): Generator<readonly StoredCell[]> {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  for (const row of statement.iterate(...values)) {
    yield columns.map(({ name, type }) => cellOf(row[name], type));
  }
}

/**
 * A reader of the connection's keyspace; there may be no file yet, then there are no tables.
 * @param directory the engine's directory, `.engine`
 */
export async function sqliteReader(
  connection: Connection,
  directory: string,
): Promise<TableReader> {
  const path = databasePath(directory, keyspaceOf(connection));
  const database = existsSync(path) ? openDatabase(path, true) : null;
  const describe = (table: string) => {
    const stored = database === null ? null : readStoredTable(database, table);
    if (stored === null) return null;
    const columns = [...stored.types]
      .filter(([name]) => name !== EXPIRES_AT)
      .map(([name, type]): ResultColumn => ({ name, type: columnTypeOf(type) }));
    return { columns, key: stored.partitionKey, expires: stored.types.has(EXPIRES_AT) };
  };
  return {
    describe: async (table) => describe(table),
    scan: async (table, conditions): Promise<TableScan> => {
      const found = describe(table);
      if (database === null || found === null) {
        throw new EngineError('ENG_SINK_FAILED', `there is no table ${table} in ${path}`);
      }
      identifier(table);
      const { columns, key } = found;
      const pushed = pushedConditions(conditions, key);
      const tests = pushed.map(({ column }) => `"${column}" = ?`);
      const values: SQLInputValue[] = pushed.map(({ value }) => value);
      if (found.expires) {
        tests.push(`(${EXPIRES_AT} IS NULL OR ${EXPIRES_AT} > ?)`);
        values.push(Date.now());
      }
      const where = tests.length === 0 ? '' : ` WHERE ${tests.join(' AND ')}`;
      const order = key.map((name) => `"${name}"`).join(', ');
      const names = columns.map(({ name }) => `"${name}"`).join(', ');
      const sql = `SELECT ${names} FROM "${table}"${where} ORDER BY ${order}`;
      return { columns, key, rows: rowsOf(database, sql, { values, columns }), note: null };
    },
    close: async () => database?.close(),
  };
}
