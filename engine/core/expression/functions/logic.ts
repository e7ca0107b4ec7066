/**
 * and, or, not, is null: three-valued logic. The right side of `and` is computed only when the left
 * is not false, that of `or` only when the left is not true; so a failure there needs that, too.
 */
import { Block } from '../block.ts';
import type { Code, Condition } from '../block.ts';
import type { FunctionEntry, Writer } from '../function.ts';
import { allOf, anyOf, not } from '../javascript.ts';
import type { TypedExpression } from '../types.ts';

/** Where code is being written. */
export interface Place {
  readonly writer: Writer;
  readonly block: Block;
}

type Sides = readonly [left: Code, right: (block: Block) => Code];

/** `left and right` of codes; the right one is written into the block it is given. */
export function conjunction([left, right]: Sides, place: Place): Code {
  return join('&&', [left, right], place);
}

/** `left or right` of codes. */
export function disjunction([left, right]: Sides, place: Place): Code {
  return join('||', [left, right], place);
}

function join(sign: '&&' | '||', [left, right]: Sides, { writer, block }: Place): Code {
  const connect = sign === '&&' ? allOf : anyOf;
  const inner = new Block(block);
  const late = right(inner);
  const nullable = left.nulls.length + late.nulls.length > 0;
  if (inner.isEmpty && !nullable) {
    return { value: connect([left.value, late.value]), nulls: [] };
  }
  const value = writer.fresh('v');
  const absent = nullable ? writer.fresh('n') : null;
  block.add(`let ${value} = ${left.value};`);
  if (absent === null) {
    inner.add(`${value} = ${late.value};`);
    block.nest(`if (${sign === '&&' ? value : not(value)})`, inner);
    return { value, nulls: [] };
  }
  block.add(`let ${absent} = ${anyOf(left.nulls)};`);
  const kept = writer.keep({ value: late.value, nulls: [] }, inner).value;
  // `and` is open while it is not false, `or` while it is not true.
  const open = sign === '&&' ? anyOf([value, absent]) : not(value);
  const unknown =
    sign === '&&'
      ? allOf([anyOf([kept, ...late.nulls]), not(allOf([value, kept]))])
      : allOf([anyOf([absent, ...late.nulls]), not(kept)]);
  inner.add(`${absent} = ${unknown};`);
  inner.add(`${value} = ${connect([value, kept])};`);
  block.nest(`if (${open})`, inner);
  return { value, nulls: [absent] };
}

/** Two conditions in a row, the second computed only when the first leaves it open. */
export function joinTruth(
  sign: '&&' | '||',
  left: Condition,
  right: (block: Block) => Condition,
  { writer, block }: Place,
): Condition {
  const inner = new Block(block);
  const late = right(inner);
  if (inner.isEmpty) {
    const [both, either] = sign === '&&' ? [allOf, anyOf] : [anyOf, allOf];
    return {
      value: both([left.value, late.value]),
      negated: either([left.negated, late.negated]),
    };
  }
  const value = writer.fresh('v');
  block.add(`let ${value} = ${left.value};`);
  inner.add(`${value} = ${late.value};`);
  block.nest(`if (${sign === '&&' ? value : not(value)})`, inner);
  return { value, negated: not(value) };
}

const sides = (args: readonly TypedExpression[]): [TypedExpression, TypedExpression] => [
  args[0] as TypedExpression,
  args[1] as TypedExpression,
];

const and: FunctionEntry = {
  name: 'and',
  usage: 'a and b',
  summary: 'True when both are; b is not computed when a is false.',
  arguments: ['bool', 'bool'],
  type: 'bool',
  write({ args }, writer, block) {
    const [a, b] = sides(args);
    const right = (inner: Block): Code => writer.expression(b, inner);
    return conjunction([writer.expression(a, block), right], { writer, block });
  },
  truth({ args }, writer, block) {
    const [a, b] = sides(args);
    // After null the right side is still computed: it may fail the row.
    if (a.nullable && writer.mayFail(b)) return null;
    const right = (inner: Block): Condition => writer.truth(b, inner);
    return joinTruth('&&', writer.truth(a, block), right, { writer, block });
  },
};

const or: FunctionEntry = {
  name: 'or',
  usage: 'a or b',
  summary: 'True when either is; b is not computed when a is true.',
  arguments: ['bool', 'bool'],
  type: 'bool',
  write({ args }, writer, block) {
    const [a, b] = sides(args);
    const right = (inner: Block): Code => writer.expression(b, inner);
    return disjunction([writer.expression(a, block), right], { writer, block });
  },
  truth({ args }, writer, block) {
    const [a, b] = sides(args);
    const right = (inner: Block): Condition => writer.truth(b, inner);
    return joinTruth('||', writer.truth(a, block), right, { writer, block });
  },
};

const negation: FunctionEntry = {
  name: 'not',
  usage: 'not a',
  summary: 'The opposite; null stays null.',
  arguments: ['bool'],
  type: 'bool',
  write({ args: [a] }, writer, block) {
    const { value, nulls, negated = not(value) } = writer.expression(a as TypedExpression, block);
    if (nulls.length === 0) return { value: negated, nulls, negated: value };
    return {
      value: allOf([...nulls.map(not), not(value)]),
      nulls,
      negated: anyOf([...nulls, value]),
    };
  },
};

const isNull: FunctionEntry = {
  name: 'is null',
  usage: 'x is null',
  summary: 'Whether a value is missing; never null itself. Also `is not null`.',
  arguments: ['any'],
  type: 'bool',
  nullable: () => false,
  write({ args: [x] }, writer, block) {
    const { nulls } = writer.expression(x as TypedExpression, block);
    if (nulls.length === 0) return { value: 'false', nulls: [], negated: 'true' };
    return { value: anyOf(nulls), nulls: [], negated: allOf(nulls.map(not)) };
  },
};

/** The entries of this family. */
export const logic: readonly FunctionEntry[] = [and, or, negation, isNull];
