/**
 * + - * / % and unary minus. int and long overflow fails the row; float rounds to 32 bits after each
 * operation; `/` is always double; dividing by zero gives null (Spark SQL without ANSI mode).
 */
import { raise } from '../failure.ts';
import type { FunctionEntry, Writer } from '../function.ts';
import { anyNullable, isWhole } from '../promotion.ts';
import { strict } from '../strict.ts';
import type { CallExpression, TypedExpression } from '../types.ts';

const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);

/** A whole number as int, or a failure of the row. −0 becomes 0. */
export function checkedInt(value: number): number {
  if (value > MAX_INT || value < MIN_INT) raise(`${value} overflows int`);
  return value + 0;
}

/** A whole number as long (±(2^53 − 1)), or a failure of the row. −0 becomes 0. */
export function checkedLong(value: number): number {
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
    raise(`${value} overflows long`);
  }
  return value + 0;
}

/** Code of a result in the type of its call: range checks for whole numbers, rounding for float. */
export function inTypeOf(code: string, { type }: CallExpression, writer: Writer): string {
  if (type === 'int') return `${writer.use(checkedInt)}(${code})`;
  if (type === 'long') return `${writer.use(checkedLong)}(${code})`;
  return type === 'float' ? `Math.fround(${code})` : code;
}

/** Whether a result of whole numbers is range checked. */
export const checksRange = ({ type }: CallExpression): boolean => isWhole(type);

const infix = (sign: '+' | '-' | '*', verb: string): FunctionEntry => ({
  name: sign,
  usage: `a ${sign} b`,
  summary: `${verb} two numbers; int and long fail the row when they overflow.`,
  arguments: ['number', 'number'],
  type: 'same',
  fails: checksRange,
  write: strict(([a, b], call, writer) => inTypeOf(`${a} ${sign} ${b}`, call, writer)),
});

/** Null for a divisor of zero, unless it is a literal that shows it is none. */
const zeroDivisor = ([, b]: readonly string[], { args }: CallExpression): string | null =>
  dividesByZero(args) ? `${b} === 0` : null;

const dividesByZero = ([, divisor]: readonly TypedExpression[]): boolean =>
  divisor?.kind !== 'literal' || divisor.value === 0;

const nullableQuotient = (args: readonly TypedExpression[]): boolean =>
  anyNullable(args) || dividesByZero(args);

const divide: FunctionEntry = {
  name: '/',
  usage: 'a / b',
  summary: 'Divides, always as double; dividing by zero gives null.',
  arguments: ['number', 'number'],
  type: 'double',
  nullable: nullableQuotient,
  write: strict(([a, b]) => `${a} / ${b}`, zeroDivisor),
};

const remainder: FunctionEntry = {
  name: '%',
  usage: 'a % b',
  summary: 'The remainder, with the sign of a; dividing by zero gives null.',
  arguments: ['number', 'number'],
  type: 'same',
  nullable: nullableQuotient,
  write: strict(([a, b], { type }) => {
    // The sign of −4 % 2 must not show in whole numbers.
    if (isWhole(type)) return `${a} % ${b} + 0`;
    return type === 'float' ? `Math.fround(${a} % ${b})` : `${a} % ${b}`;
  }, zeroDivisor),
};

const negate: FunctionEntry = {
  name: 'unary -',
  usage: '-x',
  summary: 'The opposite number.',
  arguments: ['number'],
  type: 'same',
  fails: ({ type }) => type === 'int',
  write: strict(([x], call, writer) => {
    if (!isWhole(call.type)) return `-1 * ${x}`;
    return call.type === 'int' ? inTypeOf(`0 - ${x}`, call, writer) : `0 - ${x}`;
  }),
};

/** The entries of this family. */
export const arithmetic: readonly FunctionEntry[] = [
  infix('+', 'Adds'),
  infix('-', 'Subtracts'),
  infix('*', 'Multiplies'),
  divide,
  remainder,
  negate,
];
