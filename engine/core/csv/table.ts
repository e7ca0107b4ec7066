/** CSV files as tables of text: small ones, read at once. */
import { textOf } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import { commonMarks, type CsvMarks } from './dialect.ts';
import { FieldReader, WRITTEN } from './fields.ts';
import { lineEnd, RowFinder } from './rows.ts';

/** A table of texts; every row has a field for each column. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads a table whose first line names its columns. Empty lines are skipped, a byte order mark and
 * blanks around fields without quotes too; a line with more or fewer fields than columns is a
 * problem, which is said with its number among the rows. O(length).
 */
export function parseCsv(
  text: string,
  marks: CsvMarks = commonMarks,
): CsvTable | { readonly problem: string } {
  const [columns, ...rows] = csvRows(text.replace(/^\uFEFF/, ''), marks);
  if (columns === undefined) return { problem: 'it is empty' };
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) return { problem: `it has two columns \`${twice}\`` };
  const odd = rows.findIndex(({ length }) => length !== columns.length);
  if (odd < 0) return { columns, rows };
  const found = rows[odd]?.length ?? 0;
  return { problem: `row ${odd + 1} has ${found} fields, the header ${columns.length}` };
}

/** The rows of a text, without those that are empty. O(length). */
export function csvRows(text: string, marks: CsvMarks): string[][] {
  const bytes = encodeUtf8(text);
  const finder = new RowFinder(marks);
  const fields = new FieldReader(marks);
  const rows: string[][] = [];
  for (let at = 0; at < bytes.length;) {
    const newline = finder.endOf(bytes, at, bytes.length);
    const end = newline < 0 ? bytes.length : newline;
    const count = fields.read(bytes, at, lineEnd(bytes, at, end));
    const row = Array.from({ length: count }, (_, i) => fieldText(bytes, fields, i, marks));
    if (row.length > 1 || row[0] !== '') rows.push(row);
    at = end + 1;
  }
  return rows;
}

function fieldText(
  bytes: Uint8Array,
  { starts, ends, written }: FieldReader,
  field: number,
  { quote }: CsvMarks,
): string {
  const text = textOf(bytes, starts[field] as number, ends[field] as number);
  if (written[field] === WRITTEN.plain) return text.trim();
  return written[field] === WRITTEN.doubled ? text.replaceAll(quote + quote, quote) : text;
}
