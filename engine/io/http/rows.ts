/** The rows that are asked for, one after the other. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCsv } from '../../core/csv/table.ts';
import { EngineError } from '../../errors.ts';

/** A row of the file: its columns, and the first of them as its name. */
export interface Row {
  readonly name: string;
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * The rows of a CSV file below the project; a single one without columns when there is no file.
 * Throws EngineError ENG_FILE_READ when there is nothing to read.
 */
export async function readRows(file: string | null, directory: string): Promise<readonly Row[]> {
  if (file === null) return [{ name: 'the API', cells: new Map() }];
  const fail = (problem: string): EngineError =>
    new EngineError('ENG_FILE_READ', `cannot read the rows of ${file}: ${problem}`);
  const text = await readFile(join(directory, file), 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw fail(code === 'ENOENT' ? 'there is no such file' : String(code));
  });
  const table = parseCsv(text);
  if ('problem' in table) throw fail(table.problem);
  const { columns } = table;
  const rows = table.rows.map((cells): Row => {
    const entries = columns.map((column, i): [string, string] => [column, cells[i] ?? '']);
    return { name: cells[0] ?? '', cells: new Map(entries) };
  });
  if (rows.length === 0) throw fail('it has no rows');
  const names = rows.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw fail(`${twice} is in it twice (the first column names the row)`);
  return rows;
}
