/** Values of extensions as cells of columns. */
import type { Cell, ColumnType } from '../batch.ts';
import type { Value } from './define.ts';

const WHOLE = new Map<ColumnType, number>([
  ['int', 2 ** 31 - 1],
  ['long', Number.MAX_SAFE_INTEGER],
  ['timestamp', 8.64e15],
]);

/** A cell as people see it: bool as true or false. */
export const valueOfCell = (cell: Cell, type: ColumnType): Value =>
  type === 'bool' && cell !== null ? cell === 1 : cell;

/**
 * A value as a cell of a column; undefined where it is out of the range of the type. Throws Error for
 * a value of another kind, which is a mistake of the extension.
 */
export function cellOfValue(value: unknown, type: ColumnType): Cell | undefined {
  if (value === null || value === undefined) return null;
  const wanted = type === 'string' ? 'string' : type === 'bool' ? 'boolean' : 'number';
  if (typeof value !== wanted) throw new Error(`expected a ${type}, got a ${typeof value}`);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = value as number;
  const most = WHOLE.get(type);
  if (most === undefined) return type === 'float' ? Math.fround(number) : number;
  return Number.isInteger(number) && Math.abs(number) <= most ? number : undefined;
}
