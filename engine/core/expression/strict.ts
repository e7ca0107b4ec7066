/** Functions that are null when an argument is null: all but a handful. */
import { type ColumnType, isText } from '../batch.ts';
import { nullsOf } from './block.ts';
import type { Block, Code } from './block.ts';
import type { FunctionEntry, Writer } from './function.ts';
import { allOf, anyOf, not, operand } from './javascript.ts';
import type { CallExpression } from './types.ts';

/** What stands in generated code where a value of the type is null. */
export const defaultOf = (type: ColumnType): string =>
  type === 'string' ? 'null' : type === 'bool' ? 'false' : '0';

/** Code over the values of non-null arguments, each ready to be an operand. */
export type StrictCode = (
  values: readonly string[],
  call: CallExpression,
  writer: Writer,
) => string;

/**
 * Writes calls of a function that is null when an argument is null, else `code`. `nullWhen` is a
 * further condition for null, over the values. Code that may fail or reads text runs only when no
 * argument is null; arithmetic runs on whatever number stands in a null's place.
 */
export function strict(
  code: StrictCode,
  nullWhen?: (values: readonly string[], call: CallExpression) => string | null,
): FunctionEntry['write'] {
  return (call, writer, block) => {
    const written = call.args.map((arg) => writer.expression(arg, block));
    const args = nullWhen === undefined ? written : written.map((arg) => writer.keep(arg, block));
    const values = args.map(({ value }) => operand(value));
    const condition = nullWhen?.(values, call) ?? null;
    const nulls = nullsOf(args).concat(condition ?? []);
    return guard({ value: code(values, call, writer), nulls }, call, { writer, block });
  };
}

/** Makes code that holds only while nothing is null hold always. */
export function guard(
  { value, nulls, negated }: Code,
  call: CallExpression,
  { writer, block }: { writer: Writer; block: Block },
): Code {
  const fails = writer.fails(call);
  if (call.type === 'bool' && !fails) return guardCondition({ value, nulls }, negated);
  const readsText = call.args.some(({ type }) => isText(type));
  const total = !fails && (nulls.length === 0 || (call.type !== 'string' && !readsText));
  if (total) return { value, nulls };
  const name = writer.fresh('v');
  if (nulls.length === 0) {
    block.add(`const ${name} = ${value};`);
    return { value: name, nulls };
  }
  const absent = writer.keepNulls(nulls, block);
  block.add(`const ${name} = ${absent} ? ${defaultOf(call.type)} : ${value};`);
  return { value: name, nulls: call.type === 'string' ? [`${name} === null`] : [absent] };
}

/** As `guard`, for a condition that cannot fail: it stays one expression. */
export function guardCondition({ value, nulls }: Code, negated = not(value)): Code {
  if (nulls.length === 0) return { value, nulls, negated };
  const present = nulls.map(not);
  return { value: allOf([...present, value]), nulls, negated: anyOf([...nulls, negated]) };
}
