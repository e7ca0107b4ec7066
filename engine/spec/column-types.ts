/**
 * The types a schema or a parameter may name.
 */
import type { ScalarType } from '../core/batch.ts';

const types: readonly ScalarType[] = [
  'bool',
  'int',
  'long',
  'float',
  'double',
  'string',
  'timestamp',
];

/** The names of the types of single values. */
export const columnTypes: ReadonlySet<string> = new Set<string>(types);

/** True for the name of a type of single values. */
export const isColumnType = (name: string): name is ScalarType => columnTypes.has(name);
