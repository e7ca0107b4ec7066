/** CSV files that rows are looked up in. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCsv } from '../../core/csv/table.ts';
import type { LookupTable } from '../../core/operation/lookup.ts';
import { suggest } from '../../core/suggest.ts';
import { EngineError } from '../../errors.ts';

/** A table is kept in every thread: larger ones are refused. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What is wanted of a file. */
export interface WantedTable {
  readonly file: string;
  /** Columns that make the key of a row. */
  readonly on: readonly string[];
  readonly take: readonly string[];
}

/**
 * Reads a table below the project.
 * @throws EngineError ENG_FILE_READ when it cannot be read, lacks a column, or has a key twice
 */
export async function readLookupTable(
  { file, on, take }: WantedTable,
  project: string,
): Promise<LookupTable> {
  const fail = (problem: string): EngineError =>
    new EngineError('ENG_FILE_READ', `cannot look anything up in ${file}: ${problem}`);
  const path = join(project, file);
  const bytes = await stat(path)
    .then(({ size }) => {
      if (size > MOST_BYTES) throw fail(`it is larger than ${MOST_BYTES / 1024 / 1024} MiB`);
      return readFile(path);
    })
    .catch((error: unknown) => {
      if (error instanceof EngineError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw fail(code === 'ENOENT' ? 'there is no such file' : String(code));
    });
  const table = parseCsv(bytes.toString('utf8'));
  if ('problem' in table) throw fail(table.problem);
  const indexOf = (name: string): number => {
    const index = table.columns.indexOf(name);
    if (index >= 0) return index;
    const near = suggest(name, table.columns);
    const hint = near === null ? `it has ${table.columns.join(', ')}` : `did you mean ${near}?`;
    throw fail(`it has no column ${name} (${hint})`);
  };
  const keyColumns = on.map(indexOf);
  const keys = table.rows.map((row) => keyColumns.map((column) => row[column] ?? ''));
  const texts = keys.map((key) => JSON.stringify(key));
  const seen = new Set<string>();
  const twice = texts.find((text) => seen.size === seen.add(text).size);
  if (twice !== undefined) {
    throw fail(`${(JSON.parse(twice) as string[]).join(', ')} is in it twice`);
  }
  return {
    keys,
    values: take.map(indexOf).map((column) => table.rows.map((row) => row[column] ?? '')),
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  };
}
