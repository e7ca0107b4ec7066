/** Operations with other expressions. */
import type { TypedExpression } from '../../core/expression/types.ts';
import { type SetArgs, set } from '../../core/operation/set.ts';
import { type WhereArgs, where } from '../../core/operation/where.ts';
import type { Operation } from '../planner.ts';

/** An expression with each of its parts replaced, from the inside; itself where none is. O(expression). */
export function mapExpression(
  expression: TypedExpression,
  replace: (part: TypedExpression) => TypedExpression,
): TypedExpression {
  if (expression.kind !== 'call') return replace(expression);
  const args = expression.args.map((arg) => mapExpression(arg, replace));
  const same = args.every((arg, i) => arg === expression.args[i]);
  return replace(same ? expression : { ...expression, args });
}

/** Operations with the expressions of `set` and `where` replaced; themselves where none is. */
export function mapExpressions(
  operations: readonly Operation[],
  replace: (part: TypedExpression) => TypedExpression,
): readonly Operation[] {
  const mapped = operations.map((each): Operation => {
    const old = expressionOf(each);
    const fresh = old === null ? null : mapExpression(old, replace);
    if (fresh === old || fresh === null) return each;
    const args = each.operation === set.operation ? { value: fresh } : { predicate: fresh };
    return { ...each, args: { ...(each.args as object), ...args } };
  });
  return mapped.every((each, i) => each === operations[i]) ? operations : mapped;
}

function expressionOf({ operation, args }: Operation): TypedExpression | null {
  if (operation === set.operation) return (args as SetArgs).value;
  return operation === where.operation ? (args as WhereArgs).predicate : null;
}

/** The arguments of a `set`; null for any other operation. */
export const setArgs = ({ operation, args }: Operation): SetArgs | null =>
  operation === set.operation ? (args as SetArgs) : null;

/** The arguments of a `where`; null for any other operation. */
export const whereArgs = ({ operation, args }: Operation): WhereArgs | null =>
  operation === where.operation ? (args as WhereArgs) : null;
