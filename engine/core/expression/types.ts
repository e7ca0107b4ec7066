/**
 * Typed expressions: plain data that crosses threads. Built by the type checker, read by the code
 * generator (and later by the SQL exporters).
 */
import type { ColumnType } from '../batch.ts';

/** A constant: a literal of the text, or the value of a `$PARAMETER`. bool is 0/1. */
export interface LiteralExpression {
  readonly kind: 'literal';
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly value: number | string | null;
}

/** The value of a column in the row at hand. */
export interface ColumnExpression {
  readonly kind: 'column';
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly slot: number;
  readonly name: string;
}

/**
 * An operator or function of the registry over its arguments: `+`, `and`, `round`, `is null` …
 * `case` has `[condition, value]…, otherwise` flat; `cast` goes to `type`; functions that depend on
 * a time zone carry it as their last argument.
 */
export interface CallExpression {
  readonly kind: 'call';
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly name: string;
  readonly args: readonly TypedExpression[];
}

/** An expression whose columns are slots and whose types are known. JSON. */
export type TypedExpression = LiteralExpression | ColumnExpression | CallExpression;

/** Characters [from, to) of an expression's text, in UTF-16 units. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is wrong with an expression, and where. `code` is stable, e.g. `unknown-column`. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string;
  readonly range: Range;
}

/** The codes of problems in expressions. */
export type ProblemCode =
  | 'expression-syntax'
  | 'expression-too-long'
  | 'unknown-column'
  | 'unknown-function'
  | 'unknown-parameter'
  | 'unknown-type'
  | 'type-mismatch'
  | 'untyped-null'
  | 'argument-count'
  | 'argument-value'
  | 'number-range'
  | 'not-boolean'
  | 'misplaced-aggregate'
  | 'nested-aggregate'
  | 'not-grouped'
  | 'now-unbounded';

/** The slots an expression reads, each once, ascending. */
export function slotsOf(expression: TypedExpression): number[] {
  const slots = new Set<number>();
  const visit = (node: TypedExpression): void => {
    if (node.kind === 'column') slots.add(node.slot);
    if (node.kind === 'call') node.args.forEach(visit);
  };
  visit(expression);
  return [...slots].sort((a, b) => a - b);
}
