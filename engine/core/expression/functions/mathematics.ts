/** abs round floor ceil sqrt pow ln exp. Results and nulls as in Spark SQL. */
import { raise } from '../failure.ts';
import type { FunctionEntry } from '../function.ts';
import { roundTo } from '../number-text.ts';
import { isWhole } from '../promotion.ts';
import { strict } from '../strict.ts';
import type { CallExpression, TypedExpression } from '../types.ts';
import { inTypeOf } from './arithmetic.ts';

/** A double as a whole number that long can hold, or a failure of the row. */
export function wholeLong(value: number): number {
  if (!Number.isSafeInteger(value)) raise(`${value} does not fit long`);
  return value + 0;
}

const ofDouble = (name: 'sqrt' | 'exp'): FunctionEntry => ({
  name,
  usage: `${name}(x)`,
  summary: name === 'sqrt' ? 'The square root.' : 'e to the power of x.',
  arguments: ['number'],
  type: 'double',
  write: strict(([x]) => `Math.${name}(${x})`),
});

const towards = (name: 'floor' | 'ceil'): FunctionEntry => ({
  name,
  usage: `${name}(x)`,
  summary: `The nearest whole number ${name === 'floor' ? 'below' : 'above'}, as long.`,
  arguments: ['number'],
  type: 'long',
  fails: ({ args: [x] }) => !isWhole((x as TypedExpression).type),
  write: strict(([x], { args: [arg] }, writer) =>
    isWhole((arg as TypedExpression).type)
      ? `${x}`
      : `${writer.use(wholeLong)}(Math.${name}(${x}))`,
  ),
});

const abs: FunctionEntry = {
  name: 'abs',
  usage: 'abs(x)',
  summary: 'The number without its sign.',
  arguments: ['number'],
  type: 'same',
  fails: ({ type }) => type === 'int',
  write: strict(([x], call, writer) =>
    call.type === 'int' ? inTypeOf(`Math.abs(${x})`, call, writer) : `Math.abs(${x})`,
  ),
};

const scaleOf = ({ args: [, scale] }: CallExpression): number =>
  scale?.kind === 'literal' ? Number(scale.value) : 0;

const round: FunctionEntry = {
  name: 'round',
  usage: 'round(x [, digits])',
  summary: 'Rounds to so many decimals (0), halves away from zero, by the decimal text of x.',
  arguments: ['number', 'integer literal'],
  optional: 1,
  type: ([x]) => (x as TypedExpression).type,
  check: ([, scale]) =>
    scale?.kind === 'literal' && Math.abs(Number(scale.value)) > 300
      ? { argument: 1, message: 'digits lie between -300 and 300' }
      : null,
  fails: (call) => isWhole(call.type) && scaleOf(call) < 0,
  write: strict(([x], call, writer) => {
    const scale = scaleOf(call);
    if (isWhole(call.type) && scale >= 0) return `${x}`;
    return inTypeOf(`${writer.use(roundTo)}(${x}, ${scale})`, call, writer);
  }),
};

const pow: FunctionEntry = {
  name: 'pow',
  usage: 'pow(base, exponent)',
  summary: 'base to the power of exponent, as double.',
  arguments: ['number', 'number'],
  type: 'double',
  write: strict(([x, y]) => `Math.pow(${x}, ${y})`),
};

const ln: FunctionEntry = {
  name: 'ln',
  usage: 'ln(x)',
  summary: 'The natural logarithm; null for zero and below.',
  arguments: ['number'],
  type: 'double',
  nullable: () => true,
  write: strict(
    ([x]) => `Math.log(${x})`,
    ([x]) => `${x} <= 0`,
  ),
};

/** The entries of this family. */
export const mathematics: readonly FunctionEntry[] = [
  abs,
  round,
  towards('floor'),
  towards('ceil'),
  ofDouble('sqrt'),
  pow,
  ln,
  ofDouble('exp'),
];
