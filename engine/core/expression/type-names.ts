/** Names of column types, ours and those of other dialects. */
import type { ColumnType } from '../batch.ts';
import { suggest } from './suggest.ts';

const TYPES: readonly ColumnType[] = [
  'bool',
  'int',
  'long',
  'float',
  'double',
  'string',
  'timestamp',
];

/** Other dialects' names of types, suggested and never accepted. */
const TYPE_ALIASES = new Map<string, ColumnType>([
  ['boolean', 'bool'],
  ['integer', 'int'],
  ['bigint', 'long'],
  ['real', 'float'],
  ['decimal', 'double'],
  ['numeric', 'double'],
  ['number', 'double'],
  ['text', 'string'],
  ['varchar', 'string'],
  ['char', 'string'],
  ['datetime', 'timestamp'],
  ['date', 'timestamp'],
]);

/** The type of that name in whatever case, or a hint at the one meant. */
export function typeNamed(name: string): { readonly type: ColumnType } | { readonly hint: string } {
  const lower = name.toLowerCase();
  const type = TYPES.find((one) => one === lower);
  if (type !== undefined) return { type };
  const near = TYPE_ALIASES.get(lower) ?? suggest(name, TYPES);
  return { hint: near === null ? `there are ${TYPES.join(', ')}` : `did you mean ${near}?` };
}
