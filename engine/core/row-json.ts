/**
 * Rows as JSON text: the one way a row is written by kafka, file, topic-log and stdout sinks.
 */
import {
  cellOf,
  isArray,
  type Cell,
  type Column,
  type ColumnType,
  type RowBatch,
} from './batch.ts';
import { formatIso } from './time/civil.ts';

/**
 * The shortest decimal text that reads back as the same 32-bit float (O4), e.g. 9.91 and not
 * 9.90999984741211. Nine significant digits always do.
 */
export function floatText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value); // no shorter, since zeros take room too
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(value);
}

/**
 * One cell as JSON. Bools are `true` and `false`, timestamps ISO 8601 in UTC, longs exact integers,
 * −0 is 0 (W9), arrays are JSON already. JSON has no NaN and no infinities: they are the strings `"NaN"`, `"Infinity"` and
 * `"-Infinity"`, as in Spark's to_json and protobuf's mapping, so that nothing is lost.
 */
export function cellJson(type: ColumnType, cell: Cell): string {
  if (cell === null) return 'null';
  if (typeof cell === 'string') return isArray(type) ? cell : JSON.stringify(cell);
  if (!Number.isFinite(cell)) return `"${String(cell)}"`;
  if (type === 'bool') return cell === 0 ? 'false' : 'true';
  if (type === 'timestamp') return `"${formatIso(cell)}"`;
  return type === 'float' ? floatText(cell) : String(cell);
}

/** One cell for a person: as JSON, but strings as they are and null as nothing. */
export function cellText(type: ColumnType, cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  return type === 'timestamp' ? formatIso(cell) : cellJson(type, cell);
}

/** Writes row `row` of a batch as one JSON object without line breaks. */
export type RowWriter = (batch: RowBatch, row: number) => string;

/**
 * Builds the writer for rows of these columns (`batch.vectors[i]` is column i). Members keep the
 * columns' order; null columns are written as `null`, so that every row has the same members.
 */
export function buildRowJson(columns: readonly Column[]): RowWriter {
  const members = columns.map(({ name, type }, i) => ({
    type,
    head: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`,
  }));
  return (batch, row) => {
    let text = members.length === 0 ? '{' : '';
    for (let i = 0; i < members.length; i++) {
      const { head, type } = members[i] as { head: string; type: ColumnType };
      const vector = batch.vectors[i];
      text += head + cellJson(type, vector === undefined ? null : cellOf(vector, row));
    }
    return `${text}}`;
  };
}
