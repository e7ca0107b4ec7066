/** Rows expected beside rows that came: which of them have no partner. */
import { type ElementType, elementCell, elementOf, parseArray } from '../core/array.ts';
import { type Cell, type Column, type ColumnType, isArray } from '../core/batch.ts';
import { cellJson } from '../core/row-json.ts';
import { letterColumns } from '../plan/check-tests.ts';
import type { TestValues } from '../spec/test-spec.ts';
import type { Driven, DrivenRows } from './test-driver.ts';

/** What differs in the rows of one stage, sink or the dead letters. */
export interface RowDifference {
  readonly output: string;
  /** Expected, and did not come. */
  readonly missing: readonly TestValues[];
  /** Came, and is not expected. */
  readonly surplus: readonly TestValues[];
}

/** Dead letters have columns of text but for these. */
const letterTypes = new Map<string, ColumnType>([
  ['partition', 'int'],
  ['offset', 'long'],
]);

/** Dead letters as rows; their `reason` is the code in small letters, e.g. `late`. */
const lettersOf = ({ letters }: Driven): DrivenRows => ({
  columns: letterColumns.map((name) => ({
    ...{ name, type: letterTypes.get(name) ?? 'string', nullable: false },
  })),
  rows: letters.map(({ stage, code, reason, source, partition, offset }): Cell[] => [
    ...[stage, code.toLowerCase(), reason, source],
    ...[partition, offset],
  ]),
});

/** What differs, by output; nothing where all is as expected. O(expected × came) per output. */
export function compareRows(
  expected: Readonly<Record<string, readonly TestValues[]>>,
  driven: Driven,
): RowDifference[] {
  return Object.entries(expected).flatMap(([output, wanted]): RowDifference[] => {
    const came =
      output === 'dead_letters' ? lettersOf(driven) : (driven.outputs.get(output) ?? noRows);
    const { missing, surplus } = unmatched(wanted, came);
    if (missing.length + surplus.length === 0) return [];
    return [{ output, missing, surplus }];
  });
}

/** All rows that came, with all of their columns, as a test would expect them. */
export const rowsOf = (driven: Driven): Record<string, TestValues[]> =>
  Object.fromEntries(
    [...driven.outputs, ['dead_letters', lettersOf(driven)] as const].map(
      ([name, { columns, rows }]) => [name, rows.map((row) => valuesOf(columns, row))],
    ),
  );

const noRows: DrivenRows = { columns: [], rows: [] };

/**
 * The largest matching of rows that fit, by augmenting paths: a row that names few columns may fit
 * several, and must not take the only partner of another.
 */
function unmatched(
  wanted: readonly TestValues[],
  { columns, rows }: DrivenRows,
): Pick<RowDifference, 'missing' | 'surplus'> {
  const fits = wanted.map((row) =>
    rows.flatMap((came, index) => (rowFits(row, columns, came) ? [index] : [])),
  );
  const takenBy = new Map<number, number>();
  const place = (row: number, tried: Set<number>): boolean =>
    (fits[row] ?? []).some((index) => {
      if (tried.has(index)) return false;
      tried.add(index);
      const holder = takenBy.get(index);
      if (holder !== undefined && !place(holder, tried)) return false;
      takenBy.set(index, row);
      return true;
    });
  const missing = wanted.filter((_, row) => !place(row, new Set()));
  const surplus = rows.filter((_, index) => !takenBy.has(index));
  return { missing, surplus: surplus.map((row) => valuesOf(columns, row)) };
}

const rowFits = (wanted: TestValues, columns: readonly Column[], row: readonly Cell[]): boolean =>
  Object.entries(wanted).every(([name, value]) => {
    const index = columns.findIndex((column) => column.name === name);
    const column = columns[index];
    return column !== undefined && valueFits(value, column.type, row[index] ?? null);
  });

/** Relative to the larger of 1 and the value (O3). */
const TOLERANCE = 1e-9;

function valueFits(wanted: unknown, type: ColumnType, cell: Cell): boolean {
  if (cell === null || wanted === null) return cell === wanted;
  if (isArray(type)) return arrayFits(wanted, elementOf(type), String(cell));
  if (type === 'timestamp') return typeof wanted === 'string' && Date.parse(wanted) === cell;
  if (type === 'bool') return wanted === (cell !== 0);
  if (typeof cell === 'string') return wanted === cell;
  const number = Number(wanted);
  if (typeof wanted !== 'number' && String(cell) !== wanted) return false;
  if (type === 'float') return Object.is(Math.fround(number) + 0, cell + 0);
  if (type === 'double' && Number.isFinite(cell)) {
    return Math.abs(number - cell) <= TOLERANCE * Math.max(1, Math.abs(cell));
  }
  return number === cell || (Number.isNaN(number) && Number.isNaN(cell));
}

/** Element by element; of structs the members that are named. */
function arrayFits(wanted: unknown, element: ElementType, text: string): boolean {
  const came = parseArray(text);
  if (!Array.isArray(wanted) || wanted.length !== came.length) return false;
  return wanted.every((each: unknown, i) => {
    const one = came[i];
    if (element.kind === 'scalar') {
      return valueFits(each, element.type, elementCell(element.type, one));
    }
    if (each === null || one === null) return each === one;
    const members = one as Readonly<Record<string, unknown>>;
    return Object.entries(each as object).every(([name, value]) => {
      const field = element.fields.find((known) => known.name === name);
      return (
        field !== undefined && valueFits(value, field.type, elementCell(field.type, members[name]))
      );
    });
  });
}

const valuesOf = (columns: readonly Column[], row: readonly Cell[]): TestValues =>
  Object.fromEntries(
    columns.map(({ name, type }, i) => [
      name,
      JSON.parse(cellJson(type, row[i] ?? null)) as unknown,
    ]),
  );
