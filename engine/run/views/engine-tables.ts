/**
 * The engine's own tables, in the keyspace of the rows they tell of: ordinary tables, written by the
 * sinks that rows are written by.
 */
import type { Cell, ColumnType, RowBatch, Vector } from '../../core/batch.ts';
import { invariant } from '../../errors.ts';
import type { SinkContext } from '../../graph/ports.ts';
import type { Connector, SinkNode } from '../../plan/planner.ts';

/** Up to where the windows of a stage are complete, by pipeline and stage. */
export const FRONTIERS = 'engine_frontiers';

/** Which batch of a view is the valid one, and how far it got, by the table it is a view of. */
export const BATCHES = 'engine_batches';

/** Stands for "everything" where a time is stored: 9999-12-31T23:59:59.999Z. */
export const FOREVER_MS = 253_402_300_799_999;

type Columns = readonly (readonly [name: string, type: ColumnType])[];

const FRONTIER_COLUMNS: Columns = [
  ['pipeline', 'string'],
  ['stage', 'string'],
  ['complete_until', 'timestamp'],
];

const BATCH_COLUMNS: Columns = [
  ['view_of', 'string'],
  ['batch_id', 'long'],
  ['previous_id', 'long'],
  ['complete_until', 'timestamp'],
];

/** Whether a connector keeps rows in tables. */
export const isTable = ({ kind }: Connector): boolean => kind === 'cassandra' || kind === 'sqlite';

/** The same for connectors whose tables lie in one keyspace. */
export function keyspaceKey({ kind, connection }: Connector): string {
  const { addresses, options } = connection ?? {};
  return JSON.stringify([kind, addresses, options?.['keyspace']]);
}

/** The table of frontiers in the keyspace of a connector. */
export const frontierNode = (connector: Connector): SinkNode =>
  nodeOf(connector, FRONTIERS, FRONTIER_COLUMNS, {
    partitionKey: ['pipeline'],
    clusteringKey: ['stage'],
  });

/** The table of valid batches in the keyspace of a connector. */
export const batchNode = (connector: Connector): SinkNode =>
  nodeOf(connector, BATCHES, BATCH_COLUMNS, { partitionKey: ['view_of'], clusteringKey: [] });

function nodeOf(
  { kind, connection }: Connector,
  table: string,
  columns: Columns,
  key: { readonly partitionKey: readonly string[]; readonly clusteringKey: readonly string[] },
): SinkNode {
  return {
    kind: 'sink',
    name: table,
    input: '',
    operations: [],
    slots: columns.length,
    columns: columns.map(([name, type], slot) => ({ name, type, nullable: false, slot })),
    connector: { kind, connection, config: { table, ...key, ttlMs: null } },
  };
}

/** Rows of such a table; cells in the order of the node's columns. */
export function rowsOf({ columns }: SinkNode, rows: readonly (readonly Cell[])[]): RowBatch {
  const vectors = columns.map(({ type }, at): Vector => {
    const cells = rows.map((row) => row[at] ?? null);
    if (type === 'string') return { kind: 'text', values: cells as (string | null)[] };
    return {
      kind: 'number',
      values: Float64Array.from(cells, Number),
      valid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
    };
  });
  return { length: rows.length, vectors, origin: { kind: 'window', stage: 'engine' } };
}

/** A context for sinks of these tables: a row that is refused is a bug. */
export const engineContext = (
  context: Pick<SinkContext, 'pipeline' | 'signal' | 'onNotice' | 'nextWriteTimestamp'>,
): SinkContext => ({
  ...context,
  onRefused: ([row]) => invariant(false, `a row of the engine was refused: ${row?.reason ?? ''}`),
});
