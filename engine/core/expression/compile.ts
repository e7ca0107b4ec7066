/**
 * The way in: expression text → typed expression, or everything that is wrong with it.
 *
 *   text → lex → parse → check → TypedExpression (JSON) → writer.ts → JavaScript (core/emit.ts)
 */
import { Checker } from './check.ts';
import { parseExpression } from './parse.ts';
import type { Problem, TypedExpression } from './types.ts';
import type { ExpressionScope } from './scope.ts';

/** A compiled expression, or why it is none: at least one problem, in order of the text. */
export type Compiled =
  { readonly expression: TypedExpression } | { readonly problems: readonly Problem[] };

/** Compiles an expression. Never throws for what its author wrote. O(length · columns). */
export function compileExpression(text: string, scope: ExpressionScope): Compiled {
  const { ast, problems, certain } = parseExpression(text);
  // Types of a tree that was guessed would only add noise.
  if (ast === null || !certain) return { problems };
  const checker = new Checker(scope);
  const expression = checker.check(ast);
  const all = [...problems, ...checker.problems].sort((a, b) => a.range.from - b.range.from);
  return expression === null || all.length > 0 ? { problems: all } : { expression };
}

/** Compiles an expression that must be true or false, as in `where` and `having`. */
export function compileCondition(text: string, scope: ExpressionScope): Compiled {
  const compiled = compileExpression(text, scope);
  if ('problems' in compiled || compiled.expression.type === 'bool') return compiled;
  const { type } = compiled.expression;
  const hint = type === 'string' ? 'compare it: x is not null' : 'compare it: x <> 0';
  const message = `a condition is true or false, this is ${type}`;
  const range = { from: 0, to: text.length };
  return { problems: [{ code: 'not-boolean', message, hint, range }] };
}
