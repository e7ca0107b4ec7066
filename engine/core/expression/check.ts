/** Syntax tree → typed expression: names become slots, and every type is known. */
import type { ColumnType } from '../batch.ts';
import { callsOf } from './ast.ts';
import type { Ast, CallAst, ColumnAst, LiteralAst, ParameterAst } from './ast.ts';
import { typeArguments } from './argument.ts';
import type { Argument } from './argument.ts';
import { isCastable, isZoned } from './functions/cast.ts';
import type { FunctionEntry } from './function.ts';
import { ALIASES, functions } from './functions/registry.ts';
import { textLiteral } from './lex.ts';
import type { LiteralExpression, Problem, ProblemCode, Range, TypedExpression } from './types.ts';
import { anyNullable, commonTypeOf } from './promotion.ts';
import { AGGREGATE_NAMES } from './scope.ts';
import type { ExpressionScope, ScopeColumn } from './scope.ts';
import { suggest } from './suggest.ts';
import { typeNamed } from './type-names.ts';

/** Checks trees against a scope; collects problems instead of throwing. */
export class Checker {
  readonly problems: Problem[] = [];
  readonly #scope: ExpressionScope;
  readonly #aggregates: ReadonlySet<string>;
  #insideAggregate = false;

  constructor(scope: ExpressionScope) {
    this.#scope = scope;
    this.#aggregates = new Set(scope.aggregates?.functions ?? AGGREGATE_NAMES);
  }

  /** The typed tree, or null when something in it is wrong and has been reported. */
  check(ast: Ast): TypedExpression | null {
    const argument = this.#check(ast);
    if (argument?.untyped !== true) return argument?.expression ?? null;
    const hint = 'write cast(null as double), or whatever type it should have';
    return this.#report('untyped-null', 'null alone has no type', { range: ast.range, hint });
  }

  #check(ast: Ast): Argument | null {
    switch (ast.kind) {
      case 'literal':
        return this.#literal(ast);
      case 'column':
        return typed(this.#column(ast), ast);
      case 'parameter':
        return typed(this.#parameter(ast), ast);
      case 'call':
        return typed(this.#call(ast), ast);
    }
  }

  #literal({ value, integer, range }: LiteralAst): Argument | null {
    const literal = (type: ColumnType, held: number | string | null): LiteralExpression => ({
      kind: 'literal',
      type,
      nullable: held === null,
      value: held,
    });
    if (value === null) return { expression: literal('string', null), untyped: true, range };
    if (typeof value === 'string') return typed(literal('string', value), { range });
    if (typeof value === 'boolean') return typed(literal('bool', value ? 1 : 0), { range });
    if (!Number.isFinite(value) || (integer && !Number.isSafeInteger(value))) {
      const hint = integer ? 'whole numbers reach 9007199254740991' : 'the limit is 1.79e308';
      return this.#report('number-range', 'the number is too large', { range, hint });
    }
    if (!integer) return typed(literal('double', value), { range });
    return typed(literal(value === (value | 0) ? 'int' : 'long', value), { range });
  }

  #column({ name, range }: ColumnAst): TypedExpression | null {
    const { aggregates, columns } = this.#scope;
    const outside = aggregates !== undefined && !this.#insideAggregate;
    const visible = outside ? (aggregates.columns ?? []) : columns;
    const column = visible.find((one) => one.name === name);
    if (column !== undefined) return columnExpression(column);
    if (outside && columns.some((one) => one.name === name)) {
      const hint = `write max(${name}), or add ${name} to \`group_by\``;
      const message = `${name} is not a group column: a window has many values of it`;
      return this.#report('not-grouped', message, { range, hint });
    }
    if (name === 'record_time') return this.#recordTime(range);
    const reachable = outside ? [...visible, ...columns] : visible;
    const hint = nameHint(
      name,
      reachable.map((one) => one.name),
      'columns here',
    );
    return this.#report('unknown-column', `there is no column ${name}`, { range, hint });
  }

  /** The envelope's time of a record, whether or not the schema names it. */
  #recordTime(range: Range): TypedExpression | null {
    const column = this.#scope.times?.recordTime ?? null;
    if (column !== null) return columnExpression(column);
    const hint = 'rows of windows have window_start and window_end';
    const message = 'record_time is the time of a record, here are none';
    return this.#report('unknown-column', message, { range, hint });
  }

  /** The same instant for the whole run, known before it begins. */
  #now({ args, range }: CallAst): TypedExpression | null {
    if (args.length > 0) {
      const message = `now takes no arguments, here ${args.length === 1 ? 'is 1' : `are ${args.length}`}`;
      return this.#report('argument-count', message, { range });
    }
    const value = this.#scope.times?.nowMs ?? null;
    if (value !== null) return { kind: 'literal', type: 'timestamp', nullable: false, value };
    const message = 'there is no now() while input goes on: rows would hang on when they are made';
    const hint = 'record_time is when the broker got the record; bounded runs have now()';
    return this.#report('now-unbounded', message, { range, hint });
  }

  #parameter({ name, range }: ParameterAst): TypedExpression | null {
    const parameter = this.#scope.parameters.get(name);
    if (parameter === undefined) {
      const names = [...this.#scope.parameters.keys()].map((one) => `$${one}`);
      const hint = nameHint(`$${name}`, names, 'parameters here');
      return this.#report('unknown-parameter', `there is no parameter $${name}`, { range, hint });
    }
    const { type, value } = parameter;
    const held = type === 'float' && typeof value === 'number' ? Math.fround(value) : value;
    return { kind: 'literal', type, nullable: value === null, value: held };
  }

  #call(ast: CallAst): TypedExpression | null {
    if (ast.target !== undefined) return this.#cast(ast, ast.target);
    if (this.#aggregates.has(ast.name)) return this.#aggregate(ast);
    if (ast.name === 'now') return this.#now(ast);
    const entry = functions.get(ast.name);
    if (entry === undefined || ast.name === 'cast') return this.#unknownFunction(ast);
    const args = ast.args.map((arg) => this.#check(arg));
    if (args.some((arg) => arg === null)) return null;
    const present = args.filter((arg) => arg !== null);
    const bound = typeArguments(entry, present, {
      call: ast,
      report: (p) => this.problems.push(p),
    });
    return bound === null ? null : this.#build(entry, bound, ast);
  }

  #build(
    entry: FunctionEntry,
    { args, shared }: { args: readonly TypedExpression[]; shared: ColumnType | null },
    ast: CallAst,
  ): TypedExpression | null {
    const wrong = entry.check?.(args) ?? null;
    if (wrong !== null) {
      const { range } = ast.args[wrong.argument] ?? ast;
      const { message, hint } = wrong;
      return this.#report('argument-value', message, { range, ...(hint && { hint }) });
    }
    const type =
      typeof entry.type === 'function'
        ? entry.type(args)
        : entry.type === 'same'
          ? (shared ?? commonTypeOf(args))
          : entry.type;
    const nullable = entry.nullable?.(args) ?? anyNullable(args);
    const all = entry.zoned === true ? [...args, this.#zone()] : args;
    return { kind: 'call', type, nullable, name: entry.name, args: all };
  }

  #cast(ast: CallAst, target: { readonly name: string; readonly range: Range }) {
    const argument = this.#check(ast.args[0] as Ast);
    const type = this.#type(target);
    if (argument === null || type === null) return null;
    const { expression, untyped } = argument;
    if (untyped) return { ...expression, type };
    if (!isCastable(expression.type, type)) {
      const message = `${expression.type} cannot be cast to ${type}`;
      return this.#report('type-mismatch', message, { range: ast.range });
    }
    const args = isZoned(expression.type, type) ? [expression, this.#zone()] : [expression];
    const { nullable } = expression;
    return { kind: 'call', type, nullable, name: 'cast', args } as const;
  }

  #type({ name, range }: { readonly name: string; readonly range: Range }): ColumnType | null {
    const named = typeNamed(name);
    if ('type' in named) return named.type;
    return this.#report('unknown-type', `there is no type ${name}`, { range, hint: named.hint });
  }

  #aggregate(ast: CallAst): TypedExpression | null {
    const { name, nameRange, range } = ast;
    const { aggregates } = this.#scope;
    if (aggregates === undefined) {
      const hint = 'aggregates belong in `aggregate:` of a window stage';
      const message = `${name}() looks at many rows, here is only one`;
      return this.#report('misplaced-aggregate', message, { range: nameRange, hint });
    }
    if (this.#insideAggregate) {
      const message = `${name}() stands inside of another aggregate`;
      const hint = 'aggregate the result in a second window stage';
      return this.#report('nested-aggregate', message, { range: nameRange, hint });
    }
    this.#insideAggregate = true;
    const args = ast.args.map((arg) => this.check(arg));
    this.#insideAggregate = false;
    if (args.some((arg) => arg === null)) return null;
    const resolved = aggregates.resolve(
      name,
      args.filter((arg) => arg !== null),
      { ...range, args: ast.args.map((arg) => arg.range) },
    );
    if (!('code' in resolved)) return columnExpression(resolved);
    this.problems.push(resolved);
    return null;
  }

  #unknownFunction({ name, nameRange, args }: CallAst): null {
    const inside = this.#insideAggregate;
    for (const arg of args) {
      // It may be a misspelt aggregate: then its columns are not to be blamed.
      this.#insideAggregate ||= callsOf(arg, this.#aggregates).length === 0;
      this.#check(arg);
      this.#insideAggregate = inside;
    }
    const { aggregates } = this.#scope;
    const names = [...functions.keys()].filter((one) => /^[a-z_]\w+$/.test(one));
    const reachable = aggregates === undefined ? names : [...this.#aggregates, ...names];
    const alias = ALIASES.get(name);
    const hint = alias === undefined ? nameHint(name, reachable, null) : `did you mean ${alias}?`;
    const message = `there is no function ${name}`;
    return this.#report('unknown-function', message, { range: nameRange, ...(hint && { hint }) });
  }

  #zone(): LiteralExpression {
    return { kind: 'literal', type: 'string', nullable: false, value: this.#scope.timezone };
  }

  #report(code: ProblemCode, message: string, where: { range: Range; hint?: string }): null {
    this.problems.push({ code, message, ...where });
    return null;
  }
}

const typed = (
  expression: TypedExpression | null,
  { range }: { readonly range: Range },
): Argument | null => (expression === null ? null : { expression, untyped: false, range });

const columnExpression = ({ name, type, nullable, slot }: ScopeColumn): TypedExpression => ({
  kind: 'column',
  type,
  nullable,
  slot,
  name,
});

/** `did you mean …?`, else what there is under a title, if that is worth saying. */
function nameHint(name: string, names: readonly string[], title: string | null): string {
  const near = suggest(name, names);
  if (near !== null) return `did you mean ${near}?`;
  if (title === null) return '';
  const some = names.length > 12 ? [...names.slice(0, 12), '…'] : names;
  const text = `text stands in single quotes: ${textLiteral(name)}`;
  return names.length === 0 ? text : `${title}: ${some.join(', ')}`;
}
