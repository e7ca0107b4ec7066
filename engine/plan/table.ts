/** Planning of sinks that write to a table with a primary key (K1). */
import type { TableArgs } from '../spec/table-fields.ts';
import { checkColumn } from './column.ts';
import { connectionOrReport } from './connection.ts';
import { isReserved, isTableName } from './cql-name.ts';
import type { Connector, PlanColumn, PlanContext, SinkInput } from './planner.ts';

/** Plans a table sink; null when its key cannot work. */
export function planTable(
  kind: string,
  args: TableArgs,
  input: SinkInput,
  context: PlanContext,
): { connector: Connector; columns: readonly PlanColumn[] } | null {
  const connection = connectionOrReport('cassandra', args.connection, context);
  const named = namesOfKey(args, context);
  const key = named.map(({ name, path }) => checkColumn(name, input, { ...context, path }));
  checkRepeated(named, context);
  key.forEach((column, i) => {
    if (column?.nullable === true) reportNullable(column, named[i]?.path ?? [], context);
  });
  if (input.window) checkWindowKey(args, input, context);
  checkClustering(args, context);
  checkNames(args, input, context);
  if (connection === null || key.includes(null)) return null;
  const { table, primaryKey, clusteringOrder, ttlMs } = args;
  const config = {
    table,
    partitionKey: primaryKey.partition,
    clusteringKey: primaryKey.clustering,
    clusteringOrder: Object.fromEntries(clusteringOrder),
    ttlMs,
  };
  return { connector: { kind, config, connection }, columns: input.columns };
}

/** A name in `primary_key` and where it stands. */
interface KeyName {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

function namesOfKey({ primaryKey }: TableArgs, context: PlanContext): KeyName[] {
  const { partition, clustering } = primaryKey;
  const path = [...context.path, 'primary_key'];
  return [
    // A partition key of one column may be written without its brackets: then the place of
    // [0, 0] is the one of [0].
    ...partition.map((name, i) => ({ name, path: [...path, 0, i] })),
    ...clustering.map((name, i) => ({ name, path: [...path, i + 1] })),
  ];
}

function checkRepeated(named: readonly KeyName[], { report }: PlanContext): void {
  named.forEach(({ name, path }, i) => {
    if (named.findIndex((one) => one.name === name) === i) return;
    const message = `${name} stands in the primary key twice`;
    report({ code: 'duplicate-column', path, message, hint: 'write it once' });
  });
}

/** A null in a key would lose the row. */
function reportNullable(
  { name, type }: PlanColumn,
  path: KeyName['path'],
  { report }: PlanContext,
): void {
  report({
    code: 'nullable-key',
    path,
    message: `${name} may be null, and a primary key must not be`,
    hint: `declare it as ${type}! in the schema, or set: ${name}: coalesce(${name}, …)`,
  });
}

/** Rows of different windows must not overwrite each other unless that is wanted. */
function checkWindowKey(args: TableArgs, input: SinkInput, { report, path }: PlanContext): void {
  const { partition, clustering } = args.primaryKey;
  const key = new Set([...partition, ...clustering]);
  const { keys, apart = [] } = input;
  const missing = (args.latest ? apart : keys).filter((name) => !key.has(name));
  if (missing.length === 0) {
    if (!args.latest) checkApart(key, input, { report, path: [...path, 'primary_key'] });
    return;
  }
  const hint = 'add it to primary_key';
  report({
    code: 'window-key',
    path: [...path, 'primary_key'],
    message: `rows of several windows would overwrite each other: the key lacks ${missing.join(', ')}`,
    hint: args.latest
      ? `${hint}: which row is the last is only known for one ${missing.join(', ')}`
      : `${hint}, or say \`latest: true\` to keep the last row only`,
  });
}

/** Rows of one group and window, where there may be several: of two windows, or of one list. */
function checkApart(
  key: ReadonlySet<string>,
  { keys, tells = null, exploded = false }: SinkInput,
  { report, path }: Pick<PlanContext, 'report' | 'path'>,
): void {
  const known = tells ?? [];
  if (tells !== null && !known.some((name) => key.has(name))) {
    report({
      code: 'window-key',
      path,
      message:
        'rows of the windows of a union would overwrite each other: nothing in the key tells them apart',
      hint:
        known.length === 0
          ? '`set` a column to another text in each of them, e.g. `set: { size: "\'1m\'" }`, in a stage before the union, and add it'
          : `add ${known.join(' or ')}`,
    });
  }
  if (!exploded || [...key].some((name) => !keys.includes(name) && !known.includes(name))) return;
  report({
    code: 'window-key',
    path,
    message: 'elements of one list would overwrite each other: the key is that of the window row',
    hint: 'add a column that `explode` made',
  });
}

/** Only clustering columns have an order. */
function checkClustering(
  { primaryKey, clusteringOrder }: TableArgs,
  { report, path }: PlanContext,
): void {
  for (const name of clusteringOrder.keys()) {
    if (primaryKey.clustering.includes(name)) continue;
    const { clustering } = primaryKey;
    report({
      code: 'stray-option',
      path: [...path, 'clustering', name],
      atKey: true,
      message: `${name} is no clustering column: rows are not sorted by it`,
      hint:
        clustering.length === 0
          ? 'clustering columns follow the partition key in primary_key: `[[city], window_start]`'
          : `clustering columns of primary_key: ${clustering.join(', ')}`,
    });
  }
}

/** Columns get the names they have; not every name is one in CQL. */
function checkNames(args: TableArgs, { columns }: SinkInput, { report, path }: PlanContext): void {
  const names = columns.map(({ name }) => name);
  const refused = names.filter((name) => !isTableName(name));
  if (refused.length > 0) {
    const [first = ''] = refused;
    report({
      code: 'cassandra-name',
      path,
      atKey: true,
      message: `the table ${args.table} cannot have ${refused.length === 1 ? 'a column' : 'columns'} called ${refused.join(', ')}`,
      hint: `names are small letters, digits and _ (48 at most), a letter first: ${renamed(first)}`,
    });
  }
  const reserved = [args.table, ...names].filter(isReserved);
  if (reserved.length === 0) return;
  report({
    code: 'reserved-word',
    severity: 'warning',
    path,
    atKey: true,
    message: `${reserved.join(', ')}: reserved in CQL, so queries have to write ${reserved.map((name) => `"${name}"`).join(', ')}`,
    hint: 'give it another name',
  });
}

/** How to get a better name: fields of a record can be renamed, what comes with it cannot. */
function renamed(name: string): string {
  if (name.startsWith('_')) return `leave ${name} out of the schema this sink reads`;
  const better = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .slice(0, 48);
  return `in a schema, \`${better}: { path: ${name}, type: … }\` reads ${name} as ${better}`;
}
