/**
 * The rows of a stream against those of the same definition over its archive, table by table.
 *
 * Tolerance (O3): sums, means and variances depend on the order of their records in the last digits,
 * so cells of double columns of window rows agree within 1e-9 of the greatest absolute value of
 * their column, or of 1. Everything else agrees exactly.
 */
import type { ResultColumn } from '../io/table/query.ts';
import type { StoredCell } from '../io/table/condition.ts';

/** Rows of a table with its primary key. */
export interface Rows {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly StoredCell[])[];
}

/** What decides whether a row counts. */
export interface VerifyOptions {
  readonly key: readonly string[];
  /** Columns that are compared beside the key. */
  readonly columns: readonly string[];
  /** Of tables of window rows; null for others. */
  readonly window: {
    readonly graceMs: number;
    /** Windows with end + grace at or below it are closed in the stream, epoch ms. */
    readonly closedUpToMs: number;
    /** Windows that begin before it have no rows in the stream (R3), epoch ms. */
    readonly startsAtMs: number;
    /** True for windows that count records (W7): they have no time. */
    readonly isCounted?: boolean;
  } | null;
  /** True when the stream may have written rows that its archive does not hold yet. */
  readonly isAhead: boolean;
  /** True for a row that the sink does not hold because it has expired (K2); null: no window row. */
  readonly isExpired: (windowEndMs: number | null) => boolean;
}

/** One cell that differs. */
export interface CellDifference {
  readonly column: string;
  readonly stream: StoredCell;
  readonly archive: StoredCell;
}

/** A row that is not the same on both sides; `cells` is empty where a side lacks the row. */
export interface RowDifference {
  readonly kind: 'differs' | 'only in the archive' | 'only in the stream';
  readonly key: Readonly<Record<string, StoredCell>>;
  readonly cells: readonly CellDifference[];
}

/** What came of the comparison. */
export interface Verified {
  readonly equal: number;
  readonly differences: readonly RowDifference[];
  /** Rows of windows that the stream has not closed: not compared. */
  readonly open: number;
  /** Rows of windows that the stream began in the middle of: not compared. */
  readonly partial: number;
  /** Rows whose time to live is over: not compared. */
  readonly expired: number;
  /** Rows of the stream whose records are not in the archive yet: not compared. */
  readonly ahead: number;
}

/** Of doubles (O3), as a share of the greatest value that they are compared by. */
export const TOLERANCE = 1e-9;

/** Compares two tables. O(rows of both). */
export function verifyRows(stream: Rows, archive: Rows, options: VerifyOptions): Verified {
  const ofStream = new Side(stream, options);
  const ofArchive = new Side(archive, options);
  const skipped = { open: 0, partial: 0, expired: 0, ahead: 0 };
  const differences: RowDifference[] = [];
  let equal = 0;
  const tolerances = tolerancesOf(ofStream, ofArchive, options);
  const unfilled = unfilledIn(ofArchive, options);
  for (const [key, row] of ofArchive.byKey) {
    const other = ofStream.byKey.get(key);
    const reason = reasonToSkip(ofArchive, row, options, other === undefined);
    if (reason !== null) skipped[reason]++;
    else if (other === undefined) {
      if (unfilled.has(row)) skipped.open++;
      else differences.push({ kind: 'only in the archive', key: ofArchive.keyOf(row), cells: [] });
    } else {
      const cells = options.columns.flatMap((column, i) => {
        const [a, b] = [ofStream.cell(other, column), ofArchive.cell(row, column)];
        return agree(a, b, tolerances[i] ?? 0) ? [] : [{ column, stream: a, archive: b }];
      });
      if (cells.length === 0) equal++;
      else if (unfilled.has(row)) skipped.open++;
      else differences.push({ kind: 'differs', key: ofArchive.keyOf(row), cells });
    }
  }
  for (const [key, row] of ofStream.byKey) {
    if (ofArchive.byKey.has(key)) continue;
    const reason = reasonToSkip(ofStream, row, options, false);
    if (reason !== null) skipped[reason]++;
    else if (options.isAhead) skipped.ahead++;
    else differences.push({ kind: 'only in the stream', key: ofStream.keyOf(row), cells: [] });
  }
  return { equal, differences, ...skipped };
}

type Row = readonly StoredCell[];

/** Rows by the text of their key. */
class Side {
  readonly byKey: ReadonlyMap<string, readonly StoredCell[]>;
  readonly #columns: readonly ResultColumn[];
  readonly #at: ReadonlyMap<string, number>;
  readonly #key: readonly string[];

  constructor({ columns, rows }: Rows, { key }: VerifyOptions) {
    this.#at = new Map(columns.map(({ name }, index) => [name, index]));
    this.#columns = columns;
    this.#key = key;
    this.byKey = new Map(
      rows.map((row) => [
        // Typed, so that 1 and "1" are two keys.
        JSON.stringify(
          key.map((name) => [typeof this.cell(row, name), String(this.cell(row, name))]),
        ),
        row,
      ]),
    );
  }

  cell(row: readonly StoredCell[], column: string): StoredCell {
    return row[this.#at.get(column) ?? -1] ?? null;
  }

  typeOf(column: string): ResultColumn['type'] {
    return this.#columns.find(({ name }) => name === column)?.type ?? null;
  }

  keyOf(row: readonly StoredCell[]): Record<string, StoredCell> {
    return Object.fromEntries(this.#key.map((name) => [name, this.cell(row, name)]));
  }

  /** The greatest finite absolute value of a column. */
  greatest(column: string): number {
    let greatest = 0;
    for (const row of this.byKey.values()) {
      const cell = this.cell(row, column);
      if (typeof cell !== 'number' || !Number.isFinite(cell)) continue;
      greatest = Math.max(greatest, Math.abs(cell));
    }
    return greatest;
  }
}

/**
 * The last window of each group and partition, where windows count records: the archive ends there,
 * the stream goes on, so that it may be full in neither or only in one of them. None where both have ended.
 */
function unfilledIn(side: Side, { key, window }: VerifyOptions): ReadonlySet<Row> {
  if (window?.isCounted !== true || window.closedUpToMs === Infinity) return new Set();
  const group = key.filter((name) => name !== 'window_index');
  const index = (row: Row): number => Number(side.cell(row, 'window_index') ?? 0);
  const last = new Map<string, Row>();
  for (const row of side.byKey.values()) {
    const at = JSON.stringify(group.map((name) => String(side.cell(row, name))));
    const before = last.get(at);
    if (before === undefined || index(before) < index(row)) last.set(at, row);
  }
  return new Set(last.values());
}

function reasonToSkip(
  side: Side,
  row: readonly StoredCell[],
  { window, isExpired }: VerifyOptions,
  isMissing: boolean,
): 'open' | 'partial' | 'expired' | null {
  if (window === null) return isMissing && isExpired(null) ? 'expired' : null;
  const start = Number(side.cell(row, 'window_start') ?? NaN);
  const end = Number(side.cell(row, 'window_end') ?? NaN);
  if (start < window.startsAtMs) return 'partial';
  if (end + window.graceMs > window.closedUpToMs) return 'open';
  return isMissing && isExpired(end) ? 'expired' : null;
}

/** By compared column; 0: exactly. */
function tolerancesOf(stream: Side, archive: Side, { window, columns }: VerifyOptions): number[] {
  return columns.map((column) => {
    if (window === null || stream.typeOf(column) !== 'double') return 0;
    const greatest = Math.max(stream.greatest(column), archive.greatest(column));
    return TOLERANCE * Math.max(greatest, 1);
  });
}

/** Whether two cells are the same, numbers within a tolerance. */
export function agree(a: StoredCell, b: StoredCell, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a !== 'number' || typeof b !== 'number') return false;
  return Math.abs(a - b) <= tolerance;
}
