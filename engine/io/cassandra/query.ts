/** Reads tables back from Cassandra. */
import { types, type Client } from 'cassandra-driver';
import { arrayText, elementOf } from '../../core/array.ts';
import { type ColumnType, isArray } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { Condition, StoredCell } from '../table/condition.ts';
import type { ResultColumn, TableReader, TableScan } from '../table/query.ts';
import { columnTypeOf, identifier, keyspaceOf, type Connection } from '../table/table.ts';
import { acquireClient, type ClientContext } from './client.ts';
import { qualified } from './ddl.ts';
import { fatalError } from './failure.ts';
import { readStoredTable } from './schema.ts';

const PAGE_ROWS = 1_000;

/** The value of a driver cell. Types the engine does not write come as their text. */
export function storedCellOf(value: unknown): StoredCell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (value instanceof types.Long) {
    const number = value.toNumber();
    return Number.isSafeInteger(number) ? number : BigInt(value.toString());
  }
  return (value as { toString: () => string }).toString();
}

/** The value of a cell of a column: lists are arrays, in their one spelling. */
function typedCellOf(value: unknown, type: ColumnType | null): StoredCell {
  if (type === null || !isArray(type) || !Array.isArray(value)) return storedCellOf(value);
  const element = elementOf(type);
  if (element.kind === 'struct') return storedCellOf(value);
  const cells = value
    .map(storedCellOf)
    .map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell));
  return arrayText(element.type, cells);
}

/** Conditions the server can decide by its key, and whether they name a whole partition. */
export function pushedConditions(
  conditions: readonly Condition[],
  {
    partitionKey,
    clusteringKey,
  }: { partitionKey: readonly string[]; clusteringKey: readonly string[] },
): { pushed: Condition[]; partition: boolean } {
  const equal = (name: string): Condition | undefined =>
    conditions.find(
      ({ column, operator, value }) => column === name && operator === '=' && value !== null,
    );
  const pushed: Condition[] = [];
  for (const name of partitionKey) {
    const condition = equal(name);
    if (condition === undefined) return { pushed: [], partition: false };
    pushed.push(condition);
  }
  for (const name of clusteringKey) {
    const condition = equal(name);
    if (condition !== undefined) {
      pushed.push(condition);
      continue;
    }
    const range = conditions.filter(
      ({ column, operator, value }) =>
        column === name && operator !== '=' && operator !== '!=' && value !== null,
    );
    // One lower and one upper bound; a second of a kind is for the client.
    const lower = range.find(({ operator }) => operator.startsWith('>'));
    const upper = range.find(({ operator }) => operator.startsWith('<'));
    for (const bound of [lower, upper]) if (bound !== undefined) pushed.push(bound);
    break;
  }
  return { pushed, partition: true };
}

function boundValue({ column, value }: Condition, columns: readonly ResultColumn[]): unknown {
  const type = columns.find(({ name }) => name === column)?.type;
  if (type === 'bool') return value === 1;
  if (type === 'timestamp') return new Date(Number(value));
  if (type === 'long') return types.Long.fromString(String(value));
  return value;
}

/**
 * A reader of the connection's keyspace.
 * @throws EngineError ENG_CASSANDRA_CONNECT
 */
export async function cassandraReader(
  connection: Connection,
  context: ClientContext,
): Promise<TableReader> {
  const keyspace = keyspaceOf(connection);
  const shared = await acquireClient(connection, context);
  const { client } = shared;
  const stored = async (table: string) => {
    const found = await readStoredTable(client, keyspace, table);
    if (found === null) return null;
    const { partitionKey, clusteringKey } = found;
    const key = [...partitionKey, ...clusteringKey];
    const rest = [...found.types.keys()].filter((name) => !key.includes(name));
    const columns = [...key, ...rest].map((name): ResultColumn => ({
      name,
      type: columnTypeOf(found.types.get(name) ?? ''),
    }));
    return { columns, key, partitionKey, clusteringKey };
  };
  return {
    describe: stored,
    scan: async (table, conditions): Promise<TableScan> => {
      const found = await stored(table);
      if (found === null) {
        throw new EngineError('ENG_CASSANDRA_SCHEMA', `there is no table ${keyspace}.${table}`);
      }
      const { columns, key } = found;
      const { pushed, partition } = pushedConditions(conditions, found);
      const where = pushed.map(({ column, operator }) => `${identifier(column)} ${operator} ?`);
      const names = columns.map(({ name }) => identifier(name)).join(', ');
      const cql = `SELECT ${names} FROM ${qualified({ keyspace, table })}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`;
      const values = pushed.map((condition) => boundValue(condition, columns));
      const note =
        conditions.length === 0 || partition
          ? null
          : `reading the whole table: the conditions do not give all of its partition key (${found.partitionKey.join(', ')})`;
      return { columns, key, rows: rowsOf(client, cql, { values, columns }), note };
    },
    close: () => shared.release(),
  };
}

async function* rowsOf(
  client: Client,
  cql: string,
  { values, columns }: { values: readonly unknown[]; columns: readonly ResultColumn[] },
): AsyncGenerator<readonly StoredCell[]> {
  try {
    const result = await client.execute(cql, [...values], { prepare: true, fetchSize: PAGE_ROWS });
    for await (const row of result) {
      yield row.values().map((value, i) => typedCellOf(value, columns[i]?.type ?? null));
    }
  } catch (error) {
    throw fatalError(error, 'Cassandra query');
  }
}
