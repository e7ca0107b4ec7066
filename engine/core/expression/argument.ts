/** The arguments of a call against what its function takes. */
import { type ColumnType, isArray } from '../batch.ts';
import { HEADERS_TYPE } from '../headers.ts';
import type { CallAst } from './ast.ts';
import type { ArgumentKind, FunctionEntry } from './function.ts';
import type { Problem, ProblemCode, Range, TypedExpression } from './types.ts';
import { commonType, isNumber, isWhole } from './promotion.ts';

/** A checked argument; `untyped` is a bare `null`, which takes the type it is needed in. */
export interface Argument {
  readonly expression: TypedExpression;
  readonly untyped: boolean;
  readonly range: Range;
}

/** Where a call stands and where its problems go. */
export interface Site {
  readonly call: CallAst;
  readonly report: (problem: Problem) => void;
}

/**
 * Types the arguments of a call: bare nulls take their types, `same` arguments share one (`shared`).
 * Null when they do not fit; everything wrong has then been reported.
 */
export function typeArguments(
  entry: FunctionEntry,
  args: readonly Argument[],
  site: Site,
): { args: readonly TypedExpression[]; shared: ColumnType | null } | null {
  const kinds = kindsOf(entry, args.length);
  if (kinds === null) return complainAbout(entry, args.length, site);
  const same = args.filter((_, i) => kinds[i] === 'same');
  const shared = shareType(entry, same, site);
  if (shared === null && same.length > 0) return null;
  const { call } = site;
  const said = new Set<string>();
  const report = (problem: Problem): void => {
    if (!said.has(problem.message)) site.report(problem);
    said.add(problem.message);
  };
  const once = { call, report };
  const fitting = args.filter((arg, i) =>
    fits(entry, arg, { kind: kinds[i] ?? 'any', site: once }),
  );
  if (fitting.length < args.length) return null;
  const typed = args.map((arg, i) => giveType(arg, kinds[i] ?? 'any', shared));
  return { args: typed, shared: shared ?? sharedNumber(typed) };
}

/** The kind of each argument, or null when that many are not taken. */
function kindsOf(entry: FunctionEntry, count: number): readonly ArgumentKind[] | null {
  const { arguments: kinds, optional = 0, repeats = false } = entry;
  if (typeof kinds === 'function') return kinds(count);
  if (count < kinds.length - optional || (count > kinds.length && !repeats)) return null;
  const last = kinds.at(-1) ?? 'any';
  return Array.from({ length: count }, (_, i) => kinds[i] ?? last);
}

function complainAbout(entry: FunctionEntry, count: number, site: Site): null {
  const { arguments: kinds, optional = 0, repeats = false, name, usage } = entry;
  const most = typeof kinds === 'function' ? 0 : kinds.length;
  const least = most - optional;
  const number = repeats ? `${least} or more` : least < most ? `${least} or ${most}` : `${most}`;
  const noun = number === '1' ? 'argument' : 'arguments';
  const message = `${name} takes ${number} ${noun}, here ${count === 1 ? 'is' : 'are'} ${count}`;
  const { range } = site.call;
  site.report({ code: 'argument-count', message, hint: `write ${usage}`, range });
  return null;
}

function shareType(
  { name }: FunctionEntry,
  args: readonly Argument[],
  { call, report }: Site,
): ColumnType | null {
  const typed = args.filter(({ untyped }) => !untyped);
  let shared: ColumnType | null = null;
  for (const { expression } of typed) {
    const { type } = expression;
    const wider: ColumnType | null = shared === null ? type : commonType(shared, type);
    if (wider === null) {
      const types = [...new Set(typed.map((one) => one.expression.type))];
      const message = `${sign(name)} does not take ${types.join(' and ')} together`;
      const hint = types.some(isArray) ? ARRAY_HINT : unlikeHint(types);
      report({ code: 'type-mismatch', message, ...hinted(hint), range: call.range });
      return null;
    }
    shared = wider;
  }
  if (shared !== null || args.length === 0) return shared;
  const hint = 'write cast(null as double), or whatever type it should have';
  report({ code: 'untyped-null', message: 'null alone has no type', hint, range: call.range });
  return null;
}

function fits(
  entry: FunctionEntry,
  { expression, untyped, range }: Argument,
  { kind, site }: { kind: ArgumentKind; site: Site },
): boolean {
  const complain = (code: ProblemCode, message: string, hint?: string): false => {
    site.report({ code, message, ...hinted(hint), range });
    return false;
  };
  const { type, kind: form } = expression;
  if (kind === 'text literal' || kind === 'integer literal') {
    const wanted = kind === 'text literal' ? 'a text in quotes' : 'a whole number';
    const right = kind === 'text literal' ? type === 'string' : isWhole(type);
    if (form === 'literal' && right && !untyped && expression.value !== null) return true;
    const message = `${sign(entry.name)} takes ${wanted} here, known before the first row`;
    return complain('argument-value', message, `write ${entry.usage}`);
  }
  if (isArray(type) && kind !== 'headers' && !OF_ARRAYS.has(entry.name)) {
    const message = `${sign(entry.name)} does not take ${type}`;
    return complain('type-mismatch', message, ARRAY_HINT);
  }
  if (untyped || accepts(kind, type)) return true;
  const message = `${sign(entry.name)} takes ${NOUNS.get(kind) ?? kind} here, this is ${type}`;
  return complain('type-mismatch', message, kindHint(entry.name, kind, type));
}

const ARRAY_HINT = '`explode` makes a row of each element';

/** What looks at arrays only to see whether they are there. */
const OF_ARRAYS: ReadonlySet<string> = new Set(['is null', 'is not null']);

const NOUNS = new Map<ArgumentKind, string>([
  ['number', 'a number'],
  ['integer', 'a whole number'],
  ['bool', 'a condition'],
  ['string', 'text'],
  ['timestamp', 'a timestamp'],
  ['headers', 'the column _headers'],
]);

function accepts(kind: ArgumentKind, type: ColumnType): boolean {
  if (kind === 'number') return isNumber(type);
  if (kind === 'integer') return isWhole(type);
  if (kind === 'headers') return type === HEADERS_TYPE;
  return kind === 'any' || kind === 'same' || kind === type;
}

/** A null takes the type wanted, everything else keeps its own. */
function giveType(
  { expression, untyped }: Argument,
  kind: ArgumentKind,
  shared: ColumnType | null,
): TypedExpression {
  if (!untyped) return expression;
  if (kind === 'same') return { ...expression, type: shared ?? 'double' };
  if (kind === 'number') return { ...expression, type: 'double' };
  if (kind === 'integer') return { ...expression, type: 'int' };
  if (kind === 'bool' || kind === 'timestamp') return { ...expression, type: kind };
  if (kind === 'headers') return { ...expression, type: HEADERS_TYPE };
  return expression;
}

function sharedNumber(args: readonly TypedExpression[]): ColumnType | null {
  const types = args.map(({ type }) => type);
  return types.length > 0 && types.every(isNumber)
    ? types.reduce((a, b) => commonType(a, b) ?? a)
    : null;
}

const sign = (name: string): string => (/^\w+$/.test(name) ? name : `\`${name}\``);

const hinted = (hint: string | undefined): { hint?: string } =>
  hint === undefined ? {} : { hint };

function unlikeHint(types: readonly ColumnType[]): string | undefined {
  const has = (type: ColumnType): boolean => types.includes(type);
  if (has('timestamp') && has('string')) return "write to_timestamp('2024-03-28 00:00:00')";
  if (has('timestamp')) return 'cast(timestamp as double) gives seconds since 1970';
  if (has('bool')) return 'a bool compares with true and false';
  return has('string') ? "write text in quotes, '1', or cast(text as double)" : undefined;
}

function kindHint(name: string, kind: ArgumentKind, type: ColumnType): string | undefined {
  if (kind === 'bool') {
    return type === 'string' ? 'compare it: x is not null' : 'compare it: x <> 0';
  }
  if (kind === 'number' || kind === 'integer') {
    if (name === '+' && type === 'string') return 'write concat(a, b) to join text';
    if (type === 'string') return 'write cast(x as double)';
    if (type === 'timestamp') return 'cast(timestamp as double) gives seconds since 1970';
    return type === 'bool' ? 'write cast(x as int)' : 'write cast(x as int)';
  }
  if (kind === 'string') return 'write cast(x as string)';
  if (kind === 'headers') return "declare it in the schema, and write header(_headers, 'name')";
  return kind === 'timestamp' ? 'write to_timestamp(x) or cast(x as timestamp)' : undefined;
}
