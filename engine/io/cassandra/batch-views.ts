/** Removing batches that no reader needs any more from a table of a batch view. */
import { types, type Client } from 'cassandra-driver';
import { identifier, keyspaceOf, type Connection } from '../table/table.ts';
import { acquireClient, type ClientContext } from './client.ts';
import { qualified } from './ddl.ts';
import { readStoredTable } from './schema.ts';

/** Partitions deleted at once. */
const AT_ONCE = 16;

/** What is deleted, and the write timestamp of that in microseconds (R5). */
export interface OldBatches {
  readonly table: string;
  /** Column of the batch's id; the first of the partition key. */
  readonly column: string;
  /** Batches with a smaller id go … */
  readonly before: number;
  /** … but for this one. */
  readonly keep: number | null;
  readonly timestamp: bigint;
}

/** Deletes the partitions of old batches. O(partitions of the table). */
export async function removeOldBatches(
  connection: Connection,
  old: OldBatches,
  context: ClientContext,
): Promise<void> {
  const shared = await acquireClient(connection, context);
  try {
    await removeWith(shared.client, keyspaceOf(connection), old);
  } finally {
    await shared.release();
  }
}

async function removeWith(client: Client, keyspace: string, old: OldBatches): Promise<void> {
  const { table, column, before, keep, timestamp } = old;
  const stored = await readStoredTable(client, keyspace, table);
  if (stored === null) return;
  const key = stored.partitionKey.map(identifier);
  const target = qualified({ keyspace, table });
  const found = await client.execute(`SELECT DISTINCT ${key.join(', ')} FROM ${target}`, [], {
    prepare: true,
    fetchSize: 1_000,
  });
  const tests = key.map((name) => `${name} = ?`).join(' AND ');
  const remove = `DELETE FROM ${target} USING TIMESTAMP ? WHERE ${tests}`;
  let waiting: Promise<unknown>[] = [];
  for await (const row of found) {
    const id = Number(row[column]);
    if (id >= before || id === keep) continue;
    const values: unknown[] = [
      types.Long.fromString(String(timestamp)),
      ...(row.values() as unknown[]),
    ];
    waiting.push(client.execute(remove, values, { prepare: true, isIdempotent: true }));
    if (waiting.length < AT_ONCE) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
}
