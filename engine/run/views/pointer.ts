/** What the engine's own tables say of a view: how far it is complete, and which batch is valid. */
import type { Condition, StoredCell } from '../../io/table/condition.ts';
import { collect, type TableReader } from '../../io/table/query.ts';
import { BATCHES, FRONTIERS } from './engine-tables.ts';

/** The valid batch of a view. */
export interface BatchPointer {
  readonly batchId: number;
  /** The batch before it, whose rows are still there; null when there was none. */
  readonly previousId: number | null;
  /** Windows that end at or before this are in the batch, complete; epoch ms. */
  readonly completeUntil: number;
}

/** The valid batch of the view of `table`, or null while there is none. */
export async function readPointer(
  reader: TableReader,
  table: string,
): Promise<BatchPointer | null> {
  const row = await readRow(reader, BATCHES, { view_of: table });
  if (row === null) return null;
  const previous = row.get('previous_id') ?? null;
  return {
    batchId: Number(row.get('batch_id')),
    previousId: previous === null ? null : Number(previous),
    completeUntil: Number(row.get('complete_until')),
  };
}

/** Up to where the windows of a stage are complete in its table; −Infinity while that is not known. */
export async function readFrontier(
  reader: TableReader,
  { pipeline, stage }: { readonly pipeline: string; readonly stage: string },
): Promise<number> {
  const row = await readRow(reader, FRONTIERS, { pipeline, stage });
  return row === null ? -Infinity : Number(row.get('complete_until'));
}

async function readRow(
  reader: TableReader,
  table: string,
  key: Readonly<Record<string, string>>,
): Promise<Map<string, StoredCell> | null> {
  if ((await reader.describe(table)) === null) return null;
  const conditions = Object.entries(key).map(([column, value]): Condition => ({
    column,
    operator: '=',
    value,
  }));
  const scan = await reader.scan(table, conditions);
  const { rows } = await collect(scan, { conditions, orderBy: [], limit: 1 });
  const [row] = rows;
  if (row === undefined) return null;
  return new Map(scan.columns.map(({ name }, at) => [name, row[at] ?? null]));
}
