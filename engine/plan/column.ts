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

/** The columns of a list of names, without those that are not there and those named before. */
export function checkColumns(
  names: readonly string[],
  scope: Names,
  { report, path }: Pick<PlanContext, 'report' | 'path'>,
): PlanColumn[] {
  const columns: PlanColumn[] = [];
  names.forEach((name, index) => {
    const at = [...path, index];
    const column = checkColumn(name, scope, { report, path: at });
    if (column === null) return;
    if (columns.includes(column)) {
      const message = `${name} is named twice`;
      report({ code: 'duplicate-column', path: at, message, hint: 'remove one of the two' });
    } else columns.push(column);
  });
  return columns;
}

const columnsHint = (names: readonly string[]): string =>
  names.length === 0 ? 'there are no columns here' : `columns here: ${names.join(', ')}`;
