/**
 * The types a schema or a parameter may name.
 */
import type { ColumnType } from '../core/batch.ts';

const types: readonly ColumnType[] = [
  'bool',
  'int',
  'long',
  'float',
  'double',
  'string',
  'timestamp',
];

/** The type names of the language. */
export const columnTypes: ReadonlySet<string> = new Set<string>(types);

/** True for the name of a column type. */
export const isColumnType = (name: string): name is ColumnType => columnTypes.has(name);
