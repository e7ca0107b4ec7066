/** The untyped syntax tree of an expression. */
import type { Range } from './types.ts';

/** One node. Operators are calls named as in `TypedExpression`: `+`, `and`, `unary -`, `is null` … */
export type Ast = LiteralAst | ColumnAst | ParameterAst | CallAst;

/** A number, text, true, false or null; `integer` is set for numbers written without . and e. */
export interface LiteralAst {
  readonly kind: 'literal';
  readonly value: number | string | boolean | null;
  readonly integer: boolean;
  readonly range: Range;
}

/** A bare name. */
export interface ColumnAst {
  readonly kind: 'column';
  readonly name: string;
  readonly range: Range;
}

/** `$NAME`. */
export interface ParameterAst {
  readonly kind: 'parameter';
  readonly name: string;
  readonly range: Range;
}

/** An operator or `name(args)`; `nameRange` is where its name or sign stands. */
export interface CallAst {
  readonly kind: 'call';
  readonly name: string;
  readonly nameRange: Range;
  readonly args: readonly Ast[];
  /** The type after `as`, for `cast` only. */
  readonly target?: { readonly name: string; readonly range: Range };
  readonly range: Range;
}

/** Calls `visit` for a node and everything below it, outermost first. */
export function walk(ast: Ast, visit: (node: Ast) => void): void {
  visit(ast);
  if (ast.kind === 'call') for (const arg of ast.args) walk(arg, visit);
}

/** The columns an expression names, in order of first use. */
export function columnsOf(ast: Ast): { readonly name: string; readonly range: Range }[] {
  const found = new Map<string, Range>();
  walk(ast, (node) => {
    if (node.kind === 'column' && !found.has(node.name)) found.set(node.name, node.range);
  });
  return [...found].map(([name, range]) => ({ name, range }));
}

/** The calls of any of `names` in an expression, outermost first. */
export function callsOf(ast: Ast, names: Iterable<string>): CallAst[] {
  const wanted = new Set(names);
  const found: CallAst[] = [];
  walk(ast, (node) => {
    if (node.kind === 'call' && wanted.has(node.name)) found.push(node);
  });
  return found;
}
