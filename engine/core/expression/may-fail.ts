/** Whether an expression may fail on a row. */
import type { FunctionEntry } from './function.ts';
import type { TypedExpression } from './types.ts';

/** Whether anything in an expression may fail on a row, by the functions it may call. */
export function mayFail(
  node: TypedExpression,
  functions: ReadonlyMap<string, FunctionEntry>,
): boolean {
  if (node.kind !== 'call') return false;
  if (functions.get(node.name)?.fails?.(node) === true) return true;
  return node.args.some((arg) => mayFail(arg, functions));
}
