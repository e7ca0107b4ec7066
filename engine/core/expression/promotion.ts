/**
 * Which types go together. Numbers promote int → long → double; float stays float only among floats
 * (O4: with double, with another number and with literals it is double). Nothing else converts by
 * itself.
 */
import type { ColumnType } from '../batch.ts';
import type { TypedExpression } from './types.ts';

/** Whether values of the type are numbers to compute with. */
export const isNumber = (type: ColumnType): boolean =>
  type === 'int' || type === 'long' || type === 'float' || type === 'double';

/** The type that holds values of both, or null when they do not go together. */
export function commonType(a: ColumnType, b: ColumnType): ColumnType | null {
  if (a === b) return a;
  if (!isNumber(a) || !isNumber(b)) return null;
  return isWhole(a) && isWhole(b) ? 'long' : 'double';
}

/** The common type of arguments known to have one. */
export function commonTypeOf(args: readonly TypedExpression[]): ColumnType {
  const types = args.map(({ type }) => type);
  return types.reduce((a, b) => commonType(a, b) ?? a);
}

/** int or long. */
export const isWhole = (type: ColumnType): boolean => type === 'int' || type === 'long';

/** Whether a value may be NaN. Literals of the text never are; a parameter might be. */
export const mayBeNaN = (node: TypedExpression): boolean =>
  (node.type === 'float' || node.type === 'double') &&
  !(node.kind === 'literal' && !Number.isNaN(node.value));

/** Whether any argument may be null. */
export const anyNullable = (args: readonly TypedExpression[]): boolean =>
  args.some(({ nullable }) => nullable);

/** Whether all arguments may be null. */
export const allNullable = (args: readonly TypedExpression[]): boolean =>
  args.every(({ nullable }) => nullable);
