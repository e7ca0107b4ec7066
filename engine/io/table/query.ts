/** Reading tables back: one contract for every store that keeps them. */
import type { ColumnType } from '../../core/batch.ts';
import { compareCells, matches, type Condition, type StoredCell } from './condition.ts';

/** A column of a table that can be read; `type` is null for types the engine does not write. */
export interface ResultColumn {
  readonly name: string;
  readonly type: ColumnType | null;
}

/** A table that is being read. Rows come in the store's own order; `rows` may be iterated once. */
export interface TableScan {
  readonly columns: readonly ResultColumn[];
  /** Columns of the primary key in order. */
  readonly key: readonly string[];
  readonly rows: AsyncIterable<readonly StoredCell[]> | Iterable<readonly StoredCell[]>;
  /** Something a person should know about how the rows are found. */
  readonly note: string | null;
}

/** What to read: `conditions` have been bound to the table's types by `bind`. */
export interface TableReader {
  /** Columns of the table, or null when there is no such table. */
  describe(table: string): Promise<Pick<TableScan, 'columns' | 'key'> | null>;
  /** Rows that match, at least: what the store cannot decide is for `collect`. */
  scan(table: string, conditions: readonly Condition[]): Promise<TableScan>;
  close(): Promise<void>;
}

/** How rows are chosen and put in order. */
export interface Selection {
  readonly conditions: readonly Condition[];
  /** Columns to order by; none: as the store has them. */
  readonly orderBy: readonly string[];
  /** Rows to keep; Infinity keeps all. */
  readonly limit: number;
}

/** Rows of a result and whether there are more. */
export interface Collected {
  readonly rows: (readonly StoredCell[])[];
  /** Matching rows that were seen; with `orderBy` that is all of them. */
  readonly matched: number;
  readonly more: boolean;
}

/**
 * Reads a scan: filters, orders, cuts. Stops reading at the limit unless rows must be put in order
 * first, which takes all of them: O(n log n), n rows held.
 */
export async function collect(scan: TableScan, selection: Selection): Promise<Collected> {
  const index = new Map(scan.columns.map(({ name }, at) => [name, at]));
  const tests = selection.conditions.map((condition) => ({
    condition,
    at: index.get(condition.column) ?? -1,
  }));
  const sorted = selection.orderBy.length > 0;
  const rows: (readonly StoredCell[])[] = [];
  for await (const row of scan.rows) {
    if (!tests.every(({ condition, at }) => matches(row[at] ?? null, condition))) continue;
    rows.push(row);
    if (!sorted && rows.length > selection.limit) break;
  }
  const order = selection.orderBy.map((name) => index.get(name) ?? -1);
  if (sorted) rows.sort((a, b) => compareRows(a, b, order));
  const matched = rows.length;
  const more = matched > selection.limit;
  return { rows: more ? rows.slice(0, selection.limit) : rows, matched, more };
}

/** Order of rows by the cells at `order`. */
export function compareRows(
  a: readonly StoredCell[],
  b: readonly StoredCell[],
  order: readonly number[],
): number {
  for (const at of order) {
    const difference = compareCells(a[at] ?? null, b[at] ?? null);
    if (difference !== 0) return difference;
  }
  return 0;
}
