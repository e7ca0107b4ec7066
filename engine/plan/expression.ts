/** Expression text → typed expression, with its problems reported at their place in the text. */
import { columnsOf } from '../core/expression/ast.ts';
import { compileCondition, compileExpression } from '../core/expression/compile.ts';
import type { Compiled } from '../core/expression/compile.ts';
import { parseExpression } from '../core/expression/parse.ts';
import type { AggregateScope, ExpressionScope } from '../core/expression/scope.ts';
import type { Problem, TypedExpression } from '../core/expression/types.ts';
import type { Names, PlanContext } from './planner.ts';

/** Compiles an expression over columns; reports and returns null when it is wrong. */
export function planExpression(
  text: string,
  names: Names,
  context: PlanContext,
  aggregates?: AggregateScope,
): TypedExpression | null {
  return reported(
    compileExpression(text, scopeOf(names, context, aggregates)),
    text,
    names,
    context,
  );
}

/** As planExpression, for conditions: the type must be bool. */
export const planPredicate = (
  text: string,
  names: Names,
  context: PlanContext,
  aggregates?: AggregateScope,
): TypedExpression | null =>
  reported(compileCondition(text, scopeOf(names, context, aggregates)), text, names, context);

const scopeOf = (
  { columns, times }: Names,
  { parameters, timezone }: PlanContext,
  aggregates: AggregateScope | undefined,
): ExpressionScope => ({
  ...{ columns, parameters, timezone },
  ...(aggregates === undefined ? {} : { aggregates }),
  ...(times === undefined ? {} : { times }),
});

function reported(
  compiled: Compiled,
  text: string,
  names: Names,
  context: PlanContext,
): TypedExpression | null {
  warnOfOlderValues(text, names, context);
  if ('expression' in compiled) return compiled.expression;
  for (const problem of compiled.problems) {
    const column = problem.code === 'unknown-column' ? nameAt(text, problem) : null;
    if (column !== null && names.broken.has(column)) continue;
    const keyword = column === null ? undefined : names.later?.get(column);
    if (column === null || keyword === undefined) {
      context.report({ ...problem, path: context.path });
    } else reportSetLater(column, keyword, problem, context);
  }
  return null;
}

const nameAt = (text: string, { range }: Pick<Problem, 'range'>): string =>
  text.slice(range.from, range.to).replaceAll('`', '');

function reportSetLater(
  column: string,
  keyword: string,
  { range }: Pick<Problem, 'range'>,
  { report, path }: PlanContext,
): void {
  const inside = path.includes(keyword);
  report({
    code: 'set-later',
    path,
    range,
    message: inside
      ? `${column} is set further down`
      : `${column} is set by \`${keyword}\`, which runs after this, whatever the order written`,
    hint: inside ? `write ${column} before it` : `put \`${keyword}\` into a stage before this one`,
  });
}

/** A column that a later keyword of the stage replaces: what is read is not what will come out. */
function warnOfOlderValues(text: string, { columns, later }: Names, context: PlanContext): void {
  const ast = later === undefined || later.size === 0 ? null : parseExpression(text).ast;
  if (ast === null) return;
  for (const { name, range } of columnsOf(ast)) {
    const keyword = later?.get(name);
    if (keyword === undefined || !columns.some((column) => column.name === name)) continue;
    context.report({
      code: 'set-later',
      severity: 'warning',
      path: context.path,
      range,
      message: `this is ${name} as it was before \`${keyword}\`, which runs after this and replaces it`,
      hint: `two stages, one that reads the other, say which ${name} is meant`,
    });
  }
}
