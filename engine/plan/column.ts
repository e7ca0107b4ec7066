/** Columns named by people. */
import { suggest } from '../core/suggest.ts';
import type { Names, PlanColumn, PlanContext } from './planner.ts';

/** The column of a name; reports it with the nearest name, and returns null, when there is none. */
export function checkColumn(
  name: string,
  { columns, broken }: Names,
  { report, path }: Pick<PlanContext, 'report' | 'path'>,
): PlanColumn | null {
  const column = columns.find((one) => one.name === name);
  if (column !== undefined) return column;
  if (broken.has(name)) return null;
  const names = columns.map((one) => one.name);
  const near = suggest(name, names);
  report({
    code: 'unknown-column',
    path,
    message: `there is no column ${name}`,
    hint: near === null ? columnsHint(names) : `did you mean ${near}?`,
  });
  return null;
}

const columnsHint = (names: readonly string[]): string =>
  names.length === 0 ? 'there are no columns here' : `columns here: ${names.join(', ')}`;
