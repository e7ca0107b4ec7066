/** case if coalesce nullif least greatest. Branches that are not taken are not computed. */
import type { ColumnType } from '../../batch.ts';
import { Block } from '../block.ts';
import type { Code, Condition } from '../block.ts';
import type { FunctionEntry } from '../function.ts';
import { allOf, anyOf, not, operand } from '../javascript.ts';
import { allNullable, anyNullable } from '../promotion.ts';
import { defaultOf } from '../strict.ts';
import type { CallExpression, TypedExpression } from '../types.ts';
import { compare, compareValues } from './comparison.ts';
import type { Compared } from './comparison.ts';
import type { Place } from './logic.ts';

/** A variable that different branches give its value; null until one does. */
class Variable {
  readonly #value: string;
  /** Where nulls are flagged, for types whose null is not in the value itself. */
  readonly #absent: string | null;
  readonly #nullable: boolean;

  constructor({ type, nullable }: CallExpression, { writer, block }: Place) {
    this.#value = writer.fresh('v');
    this.#nullable = nullable;
    this.#absent = nullable && type !== 'string' ? writer.fresh('n') : null;
    block.add(`let ${this.#value} = ${defaultOf(type)};`);
    if (this.#absent !== null) block.add(`let ${this.#absent} = true;`);
  }

  assign({ value, nulls }: Code, block: Block): void {
    if (nulls.includes('true')) return;
    block.add(`${this.#value} = ${value};`);
    if (this.#absent === null) return;
    block.add(`${this.#absent} = ${anyOf(nulls)};`);
  }

  get code(): Code {
    if (!this.#nullable) return { value: this.#value, nulls: [] };
    return { value: this.#value, nulls: [this.#absent ?? `${this.#value} === null`] };
  }
}

/** Conditions in order, each with the value it selects; the last value is for none of them. */
interface Choice {
  readonly condition: Condition;
  /** Where the condition's statements stand: inside the `else` of the choice before. */
  readonly block: Block;
  readonly then: Block;
  readonly code: Code;
}

function writeCase(call: CallExpression, place: Place): Code {
  const { writer, block } = place;
  const { args } = call;
  const choices: Choice[] = [];
  let at = block;
  for (let i = 0; i + 1 < args.length; i += 2) {
    const condition = writer.truth(args[i] as TypedExpression, at);
    const then = new Block(at);
    const code = writer.expression(args[i + 1] as TypedExpression, then);
    choices.push({ condition, block: at, then, code });
    at = new Block(at);
  }
  const last = writer.expression(args.at(-1) as TypedExpression, at);
  const inner = [at, ...choices.flatMap((one) => [one.block, one.then])];
  const plain = inner.every((one) => one === block || one.isEmpty);
  if (plain && !call.nullable) {
    const value = choices.reduceRight(
      (rest, { condition, code }) =>
        `${operand(condition.value)} ? ${operand(code.value)} : ${rest}`,
      operand(last.value),
    );
    return { value, nulls: [] };
  }
  const variable = new Variable(call, place);
  variable.assign(last, at);
  choices.toReversed().forEach((choice) => {
    variable.assign(choice.code, choice.then);
    choice.block.fork(choice.condition, choice.then, at);
    at = choice.block;
  });
  return variable.code;
}

const nullableCase = (args: readonly TypedExpression[]): boolean =>
  args.some(({ nullable }, i) => nullable && (i % 2 === 1 || i === args.length - 1));

const caseWhen: FunctionEntry = {
  name: 'case',
  usage: 'case when condition then value … else value end',
  summary: 'The value of the first condition that is true, else the last, else null.',
  arguments: (count) =>
    Array.from({ length: count }, (_, i) => (i % 2 === 0 && i < count - 1 ? 'bool' : 'same')),
  type: 'same',
  nullable: nullableCase,
  write: (call, writer, block) => writeCase(call, { writer, block }),
};

const ifElse: FunctionEntry = {
  name: 'if',
  usage: 'if(condition, value, otherwise)',
  summary: 'One of two values; null counts as not true.',
  arguments: ['bool', 'same', 'same'],
  type: 'same',
  nullable: nullableCase,
  write: (call, writer, block) => writeCase(call, { writer, block }),
};

const coalesce: FunctionEntry = {
  name: 'coalesce',
  usage: 'coalesce(a, b, …)',
  summary: 'The first value that is not null.',
  arguments: ['same'],
  repeats: true,
  type: 'same',
  nullable: allNullable,
  write(call, writer, block) {
    const [first, ...rest] = call.args;
    const code = writer.expression(first as TypedExpression, block);
    if (code.nulls.length === 0 || rest.length === 0) return code;
    const value = writer.fresh('v');
    const absent = call.type === 'string' ? null : writer.fresh('n');
    block.add(`let ${value} = ${code.value};`);
    if (absent !== null) block.add(`let ${absent} = ${anyOf(code.nulls)};`);
    const missing = absent ?? `${value} === null`;
    for (const arg of rest) {
      const inner = new Block(block);
      const next = writer.expression(arg, inner);
      inner.add(`${value} = ${next.value};`);
      if (absent !== null) inner.add(`${absent} = ${anyOf(next.nulls)};`);
      block.nest(`if (${missing})`, inner);
      if (next.nulls.length === 0) return { value, nulls: [] };
    }
    return { value, nulls: [missing] };
  },
};

const nullif: FunctionEntry = {
  name: 'nullif',
  usage: 'nullif(a, b)',
  summary: 'Null when a = b, else a.',
  arguments: ['same', 'same'],
  type: ([a]) => (a as TypedExpression).type,
  nullable: () => true,
  write({ args, type }, writer, block) {
    const [a, b] = args as [TypedExpression, TypedExpression];
    const code = writer.keep(writer.expression(a, block), block);
    const other = { node: b, code: writer.expression(b, block) };
    const equal = compare('=', { node: a, code }, other, { writer, block });
    if (type === 'string') {
      const name = writer.fresh('v');
      block.add(`const ${name} = ${operand(equal.value)} ? null : ${code.value};`);
      return { value: name, nulls: [`${name} === null`] };
    }
    const nulls = [...code.nulls, equal.value];
    if (type !== 'bool') return { value: code.value, nulls };
    return { value: allOf([code.value, not(equal.value)]), nulls };
  },
};

/** least and greatest: nulls are passed over, the first of equals stays. */
const extreme = (name: 'least' | 'greatest', sign: '<' | '>'): FunctionEntry => ({
  name,
  usage: `${name}(a, b, …)`,
  summary: `The ${name} value; nulls are passed over.`,
  arguments: ['same', 'same'],
  repeats: true,
  type: 'same',
  nullable: allNullable,
  write(call, writer, block) {
    const place = { writer, block };
    const items = call.args.map((node) => ({
      node,
      code: writer.keep(writer.expression(node, block), block),
    }));
    return items.reduce((best, next) => better(sign, [best, next], call.type, place)).code;
  },
});

function better(
  sign: '<' | '>',
  [best, next]: readonly [Compared, Compared],
  type: ColumnType,
  { writer, block }: Place,
): Compared {
  const beats = compareValues(sign, next, best, writer).value;
  const [x, y] = [best.code.value, next.code.value];
  const [noX, noY] = [anyOf(best.code.nulls), anyOf(next.code.nulls)];
  let pick = `${operand(beats)} ? ${y} : ${x}`;
  if (noY !== 'false') pick = `${noY} ? ${x} : ${pick}`;
  if (noX !== 'false') pick = `${noX} ? ${y} : ${pick}`;
  const name = writer.fresh('v');
  block.add(`const ${name} = ${pick};`);
  const nullable = anyNullable([best.node]) && anyNullable([next.node]);
  const node = { kind: 'call', name: '', args: [], type, nullable } as const;
  if (!nullable) return { node, code: { value: name, nulls: [] } };
  const absent = type === 'string' ? `${name} === null` : allOf([noX, noY]);
  return { node, code: { value: name, nulls: [absent] } };
}

/** The entries of this family. */
export const conditionals: readonly FunctionEntry[] = [
  caseWhen,
  ifElse,
  coalesce,
  nullif,
  extreme('least', '<'),
  extreme('greatest', '>'),
];
