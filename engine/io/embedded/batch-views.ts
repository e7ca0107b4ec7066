/** Removing batches that no reader needs any more from a table of a batch view. */
import { identifier } from '../table/table.ts';
import { acquireStore } from './sqlite-store.ts';
import { databasePath } from './sqlite.ts';

/** What is deleted: batches with a smaller id than `before`, but for `keep`. */
export interface OldBatches {
  readonly keyspace: string;
  readonly table: string;
  readonly column: string;
  readonly before: number;
  readonly keep: number | null;
}

/**
 * Deletes the rows of old batches; waits while another process writes.
 * @param directory the engine's directory, `.engine`
 */
export async function removeOldBatches(
  directory: string,
  { keyspace, table, column, before, keep }: OldBatches,
  onNotice: (text: string) => void,
): Promise<void> {
  const store = acquireStore(databasePath(directory, keyspace));
  const id = identifier(column);
  try {
    const remove = store.database.prepare(
      `DELETE FROM "${identifier(table)}" WHERE ${id} < ? AND ${id} IS NOT ?`,
    );
    await new Promise<void>((resolve, reject) => {
      const run = (): void => void remove.run(before, keep);
      store.enqueue({ rows: 1, run, committed: resolve, failed: reject }, onNotice);
    });
  } finally {
    store.release();
  }
}
