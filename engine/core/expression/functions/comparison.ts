/**
 * = <> < <= > >= between in. Spark's order: NaN = NaN and NaN is greater than any other number,
 * −0 = 0, text by code points (as UTF-8 bytes compare), false < true.
 */
import { nullsOf } from '../block.ts';
import type { Block, Code, Condition } from '../block.ts';
import type { FunctionEntry, Writer } from '../function.ts';
import { isAtom, literalOf, not, operand } from '../javascript.ts';
import { mayBeNaN } from '../promotion.ts';
import { guardCondition } from '../strict.ts';
import type { ColumnExpression, LiteralExpression, TypedExpression } from '../types.ts';
import { conjunction, disjunction, joinTruth } from './logic.ts';
import type { Place } from './logic.ts';
import { compareText, equalsBytes, isNullAt } from './text-order.ts';

/** A comparison operator. */
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

const OPPOSITE = new Map<Comparison, Comparison>([
  ['<>', '='],
  ['<=', '>'],
  ['>=', '<'],
]);

/** An operand of a comparison: what it is and its code. */
export interface Compared {
  readonly node: TypedExpression;
  readonly code: Code;
}

/** `a sign b` for values that are not null. Values that may be NaN must be atoms. */
export function compareValues(
  sign: Comparison,
  a: Compared,
  b: Compared,
  writer: Writer,
): Condition {
  const opposite = OPPOSITE.get(sign);
  if (opposite === undefined) return compareBasic(sign as '=' | '<' | '>', a, b, writer);
  const { value, negated } = compareValues(opposite, a, b, writer);
  return { value: negated, negated: value };
}

function compareBasic(sign: '=' | '<' | '>', a: Compared, b: Compared, writer: Writer): Condition {
  const [x, y] = [operand(a.code.value), operand(b.code.value)];
  if (a.node.type === 'string' && sign !== '=') {
    const value = `${writer.use(compareText)}(${x}, ${y}) ${sign} 0`;
    return { value, negated: value.replace(/[<>] 0$/, sign === '<' ? '>= 0' : '<= 0') };
  }
  const [nanA, nanB] = [mayBeNaN(a.node), mayBeNaN(b.node)];
  if (sign === '=') {
    if (!nanA || !nanB) return { value: `${x} === ${y}`, negated: `${x} !== ${y}` };
    return bothWays(`${x} === ${y} || (${x} !== ${x} && ${y} !== ${y})`);
  }
  if (!nanA && !nanB) {
    return { value: `${x} ${sign} ${y}`, negated: `${x} ${sign === '<' ? '>=' : '<='} ${y}` };
  }
  // NaN is the greatest: on one side JavaScript's false is right, on the other its opposite.
  const [low, high, nanLow, nanHigh] = sign === '<' ? [x, y, nanA, nanB] : [y, x, nanB, nanA];
  if (!nanHigh) return bothWays(`${x} ${sign} ${y}`);
  const negated = `${x} ${sign === '<' ? '>=' : '<='} ${y}`;
  if (!nanLow) return { value: not(negated), negated };
  return bothWays(`${x} ${sign} ${y} || (${high} !== ${high} && ${low} === ${low})`);
}

const bothWays = (value: string): Condition => ({ value, negated: not(value) });

/** `a sign b` with nulls; b's statements have been written, like a's. */
export function compare(
  sign: Comparison,
  a: Compared,
  b: Compared,
  { writer, block }: Place,
): Code {
  const [left, right] = mayBeNaN(a.node) && mayBeNaN(b.node) ? [keep(a), keep(b)] : [a, b];
  const { value, negated } = compareValues(sign, left, right, writer);
  const nulls = nullsOf([a.code, b.code]);
  // `name_3 === "x"` is false for null already.
  const literal = [a, b].some(({ node }) => node.kind === 'literal' && node.value !== null);
  const plain = sign === '=' && literal && a.node.type === 'string';
  return plain ? { value, nulls, negated } : guardCondition({ value, nulls }, negated);

  function keep({ node, code }: Compared): Compared {
    return isAtom(code.value) ? { node, code } : { node, code: writer.keep(code, block) };
  }
}

const written = (node: TypedExpression, { writer, block }: Place): Compared => ({
  node,
  code: writer.expression(node, block),
});

const pair = (args: readonly TypedExpression[]): [TypedExpression, TypedExpression] => [
  args[0] as TypedExpression,
  args[1] as TypedExpression,
];

const comparison = (sign: Comparison): FunctionEntry => ({
  name: sign,
  usage: `a ${sign} b`,
  summary: 'Compares two values of like types; null when either is null.',
  arguments: ['same', 'same'],
  type: 'bool',
  write({ args }, writer, block) {
    const [a, b] = pair(args);
    const place = { writer, block };
    const bytes = compareBytes(sign, a, b, place) ?? compareBytes(sign, b, a, place);
    return bytes ?? compare(sign, written(a, place), written(b, place), place);
  },
});

/** A text column that nobody has decoded yet, against ASCII: its bytes are compared as they are. */
function compareBytes(
  sign: Comparison,
  column: TypedExpression,
  literal: TypedExpression,
  { writer, block }: Place,
): Code | null {
  if (sign !== '=' && sign !== '<>') return null;
  if (!isAsciiLiteral(literal) || !isTextColumn(column)) return null;
  if (block.known(column.slot) !== undefined) return null;
  const vector = writer.textColumn(column.slot, column.name);
  const text = literalOf(literal.value);
  const value = `${writer.use(equalsBytes)}(${vector}, row, ${text})`;
  const nulls = column.nullable ? [`${writer.use(isNullAt)}(${vector}, row)`] : [];
  if (sign === '=') return { value, nulls, negated: `!${value}` };
  return guardCondition({ value: `!${value}`, nulls }, value);
}

const isTextColumn = (node: TypedExpression): node is ColumnExpression =>
  node.kind === 'column' && node.type === 'string';

const isAsciiLiteral = (
  node: TypedExpression,
): node is LiteralExpression & { readonly value: string } =>
  node.kind === 'literal' && typeof node.value === 'string' && /^[\x20-\x7e]*$/.test(node.value);

/** The two halves of `x between low and high`; x is computed once. */
function halves(args: readonly TypedExpression[], place: Place): [Code, (inner: Block) => Code] {
  const [x, low, high] = args as [TypedExpression, TypedExpression, TypedExpression];
  const { writer, block } = place;
  const subject = { node: x, code: writer.keep(writer.expression(x, block), block) };
  const above = compare('>=', subject, written(low, place), place);
  const below = (inner: Block): Code => {
    const there = { writer, block: inner };
    return compare('<=', subject, written(high, there), there);
  };
  return [above, below];
}

const between: FunctionEntry = {
  name: 'between',
  usage: 'x between low and high',
  summary: 'Whether x lies between two values, both included.',
  arguments: ['same', 'same', 'same'],
  type: 'bool',
  write: ({ args }, writer, block) =>
    conjunction(halves(args, { writer, block }), { writer, block }),
  truth({ args }, writer, block) {
    const [x, low, high] = args as [TypedExpression, TypedExpression, TypedExpression];
    if ((x.nullable || low.nullable) && writer.mayFail(high)) return null;
    const [above, below] = halves(args, { writer, block });
    const right = (inner: Block): Condition => truthOf(below(inner));
    return joinTruth('&&', truthOf(above), right, { writer, block });
  },
};

const truthOf = ({ value, negated = not(value) }: Code): Condition => ({ value, negated });

/** From that many literals on a list is a set. */
const SET_FROM = 4;

/** `x = item` for every item of a list, each to be written where it is wanted. */
function equalities(
  [x, ...items]: readonly TypedExpression[],
  place: Place,
): ((inner: Block) => Code)[] {
  const { writer, block } = place;
  const subject = x as TypedExpression;
  let kept: Code | null = null;
  return items.map((item) => (inner) => {
    const there = { writer, block: inner };
    const bytes = compareBytes('=', subject, item, there);
    if (bytes !== null) return bytes;
    kept ??= writer.keep(writer.expression(subject, block), block);
    return compare('=', { node: subject, code: kept }, written(item, there), there);
  });
}

/** Whether a list is worth a set: enough literals and nothing else. */
function isSet([x, ...items]: readonly TypedExpression[]): boolean {
  const literals = literalsOf(items);
  return literals.length >= SET_FROM && literals.length === items.length && x?.type !== 'bool';
}

/** `x in` a set of literals. */
function compareSet([x, ...items]: readonly TypedExpression[], { writer, block }: Place): Code {
  const { value, nulls } = writer.expression(x as TypedExpression, block);
  const set = writer.constant('list', `new Set(${literalOf(literalsOf(items))})`);
  return guardCondition({ value: `${set}.has(${value})`, nulls });
}

const inList: FunctionEntry = {
  name: 'in',
  usage: 'x in (a, b, …)',
  summary: 'Whether x is one of some values; null when it is none and one of them is null.',
  arguments: ['same', 'same'],
  repeats: true,
  type: 'bool',
  write({ args }, writer, block) {
    const place = { writer, block };
    if (isSet(args)) return compareSet(args, place);
    const [first, ...rest] = equalities(args, place);
    if (first === undefined) return { value: 'false', nulls: [] };
    return rest.reduce((left, right) => disjunction([left, right], place), first(block));
  },
  truth({ args }, writer, block) {
    const place = { writer, block };
    const [first, ...rest] = equalities(args, place);
    if (isSet(args) || first === undefined) return null;
    return rest.reduce(
      (left, right) => joinTruth('||', left, (inner) => truthOf(right(inner)), place),
      truthOf(first(block)),
    );
  },
};

function literalsOf(args: readonly TypedExpression[]): (number | string)[] {
  const values = args.map((arg) => (arg.kind === 'literal' ? arg.value : null));
  return values.filter((value) => value !== null);
}

/** The entries of this family. */
export const comparisons: readonly FunctionEntry[] = [
  comparison('='),
  comparison('<>'),
  comparison('<'),
  comparison('<='),
  comparison('>'),
  comparison('>='),
  between,
  inList,
];
