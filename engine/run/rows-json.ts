/** Results as JSON text, for whoever passes them on. */
import { rowJson } from '../io/table/table-text.ts';
import type { RowResult } from './views/read.ts';

/**
 * `{"columns":[{"name","type"}],"rows":[{…}],"more":…,"matched":…}`: cells as `engine query --json`
 * prints them, 64-bit integers as they are.
 */
export function resultJson({ columns, rows, more, matched }: RowResult): string {
  const names = JSON.stringify(columns.map(({ name, type }) => ({ name, type })));
  const lines = rows.map((row) => rowJson(columns, row)).join(',\n');
  return `{"columns":${names},"rows":[${lines}],"more":${more},"matched":${JSON.stringify(matched)}}\n`;
}
