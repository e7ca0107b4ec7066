/**
 * The oracle of expressions: walks a typed tree over one row, value by value, with nothing in common
 * with the code generator but the tree. Values are JavaScript's: null, boolean, number, string.
 */
import type { CallExpression, TypedExpression } from '../types.ts';

/** A value of one row. */
export type Value = null | boolean | number | string;

/** Thrown where a row has to fail. */
export class RowFailure extends Error {}

const failure = (): never => {
  throw new RowFailure();
};

/** The value of an expression, given the row's values by slot. */
export function interpret(node: TypedExpression, row: readonly Value[]): Value {
  if (node.kind === 'literal') {
    return node.type === 'bool' && node.value !== null ? node.value === 1 : node.value;
  }
  if (node.kind === 'column') return row[node.slot] ?? null;
  const lazy = LAZY.get(node.name);
  if (lazy !== undefined) return lazy(node, (i) => interpret(node.args[i]!, row));
  const args = node.args.map((arg) => interpret(arg, row));
  if (args.includes(null) && !['least', 'greatest', 'nullif', 'is null'].includes(node.name)) {
    return null;
  }
  return inType(EAGER.get(node.name)!(args as never[], node), node.type);
}

/** Rounds to float, fails beyond int and long. */
function inType(value: Value | bigint, type: string): Value {
  if (typeof value === 'bigint') {
    const limit =
      type === 'int' ? [-(2n ** 31n), 2n ** 31n - 1n] : [-(2n ** 53n) + 1n, 2n ** 53n - 1n];
    return value < limit[0]! || value > limit[1]! ? failure() : Number(value);
  }
  return type === 'float' && typeof value === 'number' ? new Float32Array([value])[0]! : value;
}

/** Below 0, 0, above 0: NaN last, text by code points. */
export function order(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') {
    const [x, y] = [Array.from(a, codeAt), Array.from(b, codeAt)];
    const at = x.findIndex((code, i) => code !== y[i]);
    return at < 0 ? x.length - y.length : (x[at] ?? -1) - (y[at] ?? -1);
  }
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

const codeAt = (character: string): number => character.codePointAt(0)!;

const whole = (type: string): boolean => type === 'int' || type === 'long';

type Calculation = (args: number[], node: CallExpression) => Value | bigint;

const calculation =
  (exact: (a: bigint, b: bigint) => bigint, rough: (a: number, b: number) => number): Calculation =>
  ([a = 0, b = 0], { type }) =>
    whole(type) ? exact(BigInt(a), BigInt(b)) : rough(a, b);

type Eager = (args: never[], node: CallExpression) => Value | bigint;

const apply =
  (use: (...args: never[]) => Value): Eager =>
  (args) =>
    use(...args);
const compared = (holds: (order: number) => boolean): Eager => apply((a, b) => holds(order(a, b)));
const best =
  (sign: number): Eager =>
  (args: Value[]) => {
    const present = args.filter((arg) => arg !== null);
    return present.reduce<Value>((a, b) => (a === null || sign * order(b, a) > 0 ? b : a), null);
  };
const double = (use: (x: number, y: number) => number): Eager => apply(use);

function asInteger(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : failure();
}

function cast([value]: Value[], { type: to, args: [from] }: CallExpression): Value | bigint {
  if (to === 'string') return String(value);
  if (typeof value === 'string') {
    const text = value.trim();
    if (whole(to)) return /^[-+]?[0-9]+$/.test(text) ? BigInt(text.replace('+', '')) : failure();
    // Words in whatever case, e.g. by lower().
    const word = text.toLowerCase().replace(/^[-+]/, '');
    const sign = text.startsWith('-') ? -1 : 1;
    if (word === 'nan') return NaN;
    if (word === 'inf' || word === 'infinity') return sign * Infinity;
    const isDecimal = /^[-+.0-9e]+$/i.test(text) && !Number.isNaN(Number(text));
    return isDecimal ? Number(text) : failure();
  }
  const number = Number(value) / (from!.type === 'timestamp' ? 1000 : 1);
  if (from!.type === 'timestamp' && whole(to)) return BigInt(Math.floor(number));
  if (whole(to)) return asInteger(number);
  return to === 'bool' ? number !== 0 : to === 'timestamp' ? Math.round(number * 1000) : number;
}

function like(text: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\\?[\s\S]/gu, (sign) => {
    if (sign === '%') return '[^]*';
    if (sign === '_') return '[^]';
    return sign.replace(/^\\(?=.)/u, '').replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'u').test(text);
}

function substring(text: string, from: number, length = Infinity): string {
  const points = Array.from(text);
  const start = from > 0 ? from - 1 : from === 0 ? 0 : points.length + from;
  return points.filter((_, i) => i >= start && i < start + length).join('');
}

/** By exact fractions: the value's decimals over a power of ten. */
function roundHalfUp(value: number, scale: number): number {
  if (!Number.isFinite(value)) return value;
  const [decimals = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const [units = '', fraction = ''] = decimals.split('.');
  const shift = Number(exponent) - fraction.length + scale;
  const [above, under] = [10n ** BigInt(Math.max(shift, 0)), 10n ** BigInt(Math.max(-shift, 0))];
  const halves = (BigInt(units + fraction) * above * 2n) / under;
  return Math.sign(value) * Number(`${(halves + 1n) / 2n}e${-scale}`) + 0;
}

const EAGER = new Map<string, Eager>([
  [
    '+',
    calculation(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
  ],
  [
    '-',
    calculation(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  ],
  [
    '*',
    calculation(
      (a, b) => a * b,
      (a, b) => a * b,
    ),
  ],
  ['/', double((a, b) => (b === 0 ? (null as never) : a / b))],
  [
    '%',
    (args: number[], node) =>
      args[1] === 0
        ? null
        : calculation(
            (x, y) => x % y,
            (x, y) => x % y,
          )(args, node),
  ],
  [
    'unary -',
    calculation(
      (a) => -a,
      (a) => -a,
    ),
  ],
  ['abs', calculation((a) => (a < 0n ? -a : a), Math.abs)],
  ['=', compared((sign) => sign === 0)],
  ['<>', compared((sign) => sign !== 0)],
  ['<', compared((sign) => sign < 0)],
  ['<=', compared((sign) => sign <= 0)],
  ['>', compared((sign) => sign > 0)],
  ['>=', compared((sign) => sign >= 0)],
  ['not', apply((a: boolean) => !a)],
  ['is null', apply((a: Value) => a === null)],
  [
    'nullif',
    apply((a: Value, b: Value) => (a !== null && b !== null && order(a, b) === 0 ? null : a)),
  ],
  ['least', best(-1)],
  ['greatest', best(1)],
  ['cast', cast],
  ['round', apply((x: number, scale = 0) => roundHalfUp(x, scale))],
  ['floor', apply((x: number) => Number(inType(asInteger(Math.floor(x)), 'long')))],
  ['ceil', apply((x: number) => Number(inType(asInteger(Math.ceil(x)), 'long')))],
  ['sqrt', double(Math.sqrt)],
  ['pow', double((a, b) => a ** b)],
  ['ln', double((x) => (x <= 0 ? (null as never) : Math.log(x)))],
  ['exp', double(Math.exp)],
  ['lower', apply((text: string) => text.toLowerCase())],
  ['upper', apply((text: string) => text.toUpperCase())],
  ['trim', apply((text: string) => text.replaceAll(/^ +| +$/g, ''))],
  ['length', apply((text: string) => Array.from(text).length)],
  ['substring', apply(substring)],
  ['concat', (args: string[]) => args.join('')],
  ['starts_with', apply((text: string, part: string) => text.indexOf(part) === 0)],
  ['contains', apply((text: string, part: string) => text.split(part).length > 1 || part === '')],
  ['like', apply(like)],
  ['regexp_like', apply((text: string, pattern: string) => new RegExp(pattern, 'u').test(text))],
]);

type Lazy = (node: CallExpression, value: (index: number) => Value) => Value;

const and = (a: Value, b: () => Value): Value => {
  if (a === false) return false;
  const right = b();
  return right === false ? false : a === null || right === null ? null : true;
};

const or = (a: Value, b: () => Value): Value => {
  if (a === true) return true;
  const right = b();
  return right === true ? true : a === null || right === null ? null : false;
};

const against = (a: Value, b: Value, holds: (order: number) => boolean): Value =>
  a === null || b === null ? null : holds(order(a, b));

const choose: Lazy = ({ args }, value) => {
  const last = args.length - 1;
  for (let i = 0; i < last; i += 2) if (value(i) === true) return value(i + 1);
  return value(last);
};

const LAZY = new Map<string, Lazy>([
  ['and', (_, value) => and(value(0), () => value(1))],
  ['or', (_, value) => or(value(0), () => value(1))],
  ['case', choose],
  ['if', choose],
  [
    'between',
    (_, value) => {
      const x = value(0);
      return and(
        against(x, value(1), (sign) => sign >= 0),
        () => against(x, value(2), (sign) => sign <= 0),
      );
    },
  ],
  [
    'in',
    ({ args }, value) => {
      const x = value(0);
      return args
        .slice(1)
        .reduce<Value>(
          (found, _, i) => or(found, () => against(x, value(i + 1), (sign) => sign === 0)),
          false,
        );
    },
  ],
  [
    'coalesce',
    ({ args }, value) => {
      for (let i = 0; i < args.length; i++) {
        const one = value(i);
        if (one !== null) return one;
      }
      return null;
    },
  ],
]);
