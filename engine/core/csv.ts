/** Comma-separated values (RFC 4180): quoted fields, doubled quotes, line breaks inside of them. */

/** A table of texts; every row has a field for each column. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads a table whose first line names its columns. Empty lines are skipped, a byte order mark too;
 * a line with more or fewer fields than columns is a problem, which is said with its number among
 * the rows. O(length).
 */
export function parseCsv(text: string): CsvTable | { readonly problem: string } {
  const [columns, ...rows] = splitRows(text.replace(/^\uFEFF/, ''));
  if (columns === undefined) return { problem: 'it is empty' };
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) return { problem: `it has two columns \`${twice}\`` };
  const odd = rows.findIndex(({ length }) => length !== columns.length);
  if (odd < 0) return { columns, rows };
  const found = rows[odd]?.length ?? 0;
  return { problem: `row ${odd + 1} has ${found} fields, the header ${columns.length}` };
}

function splitRows(text: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|\r|$)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < text.length || row.length > 0) {
    const match = field.exec(text);
    // A quote that is not closed: the rest is one field.
    if (match === null) return [...rows, [...row, text.slice(field.lastIndex)]];
    const [, quoted, plain = '', end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}
