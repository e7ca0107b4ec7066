/** Batches by the driver's public interface: for clusters, and for drivers the seam does not know. */
import type { Client } from 'cassandra-driver';
import type { SendBatch } from './driver-seam.ts';
import { paramsOf, type Ticket } from './row.ts';

const ONE = { prepare: true, isIdempotent: true };
const MANY = { prepare: true, isIdempotent: true, logged: false };

/**
 * Sends single rows as statements, which the driver routes to a replica, others as a batch. A statement
 * that the driver has prepared anew, for a table of other types perhaps, goes unnoticed here.
 */
export function publicBatches(client: Client, statement: string): SendBatch {
  return ({ owners, rows }) => {
    if (rows.length === 1) {
      return client.execute(statement, paramsOf(owners[0] as Ticket, rows[0] as number), ONE);
    }
    const queries = rows.map((row, index) => ({
      query: statement,
      params: paramsOf(owners[index] as Ticket, row),
    }));
    return client.batch(queries, MANY);
  };
}
