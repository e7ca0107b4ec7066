/** Sink nodes for tests of table sinks. */
import type { SinkNode } from '../../plan/planner.ts';
import type { Shape } from '../sink-contract.suite.ts';
import type { Connection, TableConfig } from './table.ts';

/** A sink node of a shape. */
export function tableNode(
  kind: 'cassandra' | 'sqlite',
  connection: Connection,
  { table, shape }: { table: string; shape: Shape },
): SinkNode {
  const { columns, partitionKey, clusteringKey, ttlMs } = shape;
  const config: TableConfig = { table, partitionKey, clusteringKey, ttlMs };
  return {
    kind: 'sink',
    name: table,
    input: 'felt',
    operations: [],
    slots: columns.length,
    columns: columns.map((column, slot) => ({ ...column, slot })),
    connector: { kind, config, connection },
  };
}

/** A connection to a keyspace. */
export const connectionTo = (keyspace: string, addresses: readonly string[]): Connection => ({
  name: 'cassandra',
  kind: 'cassandra',
  addresses,
  options: { local_data_center: 'datacenter1', keyspace, replication: 1 },
});
