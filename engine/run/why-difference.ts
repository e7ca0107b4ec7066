/** A row as its table has it against what the logs give. */
import type { Cell } from '../core/batch.ts';
import type { StoredCell } from '../io/table/condition.ts';
import type { ResultColumn } from '../io/table/query.ts';
import type { SinkNode } from '../plan/planner.ts';
import { TOLERANCE, agree } from './verify-rows.ts';

/** A row of a table. */
export interface TableRow {
  readonly columns: readonly ResultColumn[];
  readonly cells: readonly StoredCell[];
}

/** A column in which they differ. */
export interface WhyDifference {
  readonly column: string;
  readonly table: StoredCell;
  readonly logs: Cell;
}

/** The columns in which a table's row is not the one recomputed; doubles agree as in O3. */
export function differencesOf(
  row: TableRow,
  { columns }: Pick<SinkNode, 'columns'>,
  recomputed: readonly Cell[],
): readonly WhyDifference[] {
  return row.columns.flatMap(({ name }, i) => {
    const at = columns.findIndex((column) => column.name === name);
    const [table, logs] = [row.cells[i] ?? null, recomputed[at] ?? null];
    const isDouble = columns[at]?.type === 'double';
    const size = Math.max(1, Math.abs(Number(table)), Math.abs(Number(logs)));
    const tolerance = isDouble && Number.isFinite(size) ? TOLERANCE * size : 0;
    return at < 0 || agree(table, logs, tolerance) ? [] : [{ column: name, table, logs }];
  });
}
