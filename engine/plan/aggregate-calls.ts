/** The aggregate calls of one window stage, each distinct one once. */
import type { AggregateFunction } from '../core/aggregate/aggregate.ts';
import { isNumeric } from '../core/aggregate/aggregate.ts';
import { aggregateOf } from '../core/aggregate/registry.ts';
import type { AggregateCall } from '../core/aggregate/share.ts';
import { areSame } from '../core/aggregate/share.ts';
import { type Column, isArray } from '../core/batch.ts';
import type { CallRange, ScopeColumn } from '../core/expression/scope.ts';
import type { Problem, ProblemCode, Range, TypedExpression } from '../core/expression/types.ts';
import { slotsOf } from '../core/expression/types.ts';
import type { Operation } from './planner.ts';
import { plainText } from './text.ts';

/**
 * Collects calls while expressions over them are checked. Calls with the same argument share a
 * result; an argument that is more than a column is computed once, into a hidden column of the
 * worker's frame.
 */
export class AggregateCalls {
  readonly calls: AggregateCall[] = [];
  /** One result column a call, same order, named after the call. */
  readonly columns: Column[] = [];
  /** What computes the arguments that are more than a column, in the worker. */
  readonly operations: Operation[] = [];
  readonly #firstResult: number;
  /** Hidden slot by text of the argument. */
  readonly #hidden = new Map<string, number>();
  #slots: number;

  /** `slots`: the input frame's length; results take slots from `firstResult` on. */
  constructor(slots: number, firstResult: number) {
    this.#slots = slots;
    this.#firstResult = firstResult;
  }

  /** Length of the worker's frame with the hidden columns. */
  get slots(): number {
    return this.#slots;
  }

  /** The result column of a call, or what is wrong with it. */
  resolve(name: string, args: readonly TypedExpression[], at: CallRange): ScopeColumn | Problem {
    const aggregate = aggregateOf(name);
    const wrong = checkArguments(aggregate, args, at);
    if (wrong !== null) return wrong;
    const index = this.#indexOf(aggregate, args);
    return { ...(this.columns[index] as Column), slot: this.#firstResult + index };
  }

  /** Whether any call that an expression reads is cut short (O1); null where none can be. */
  flagOf(expression: TypedExpression): TypedExpression | null {
    const flags = slotsOf(expression).flatMap(
      (slot) => this.#flagAt(slot - this.#firstResult) ?? [],
    );
    return flags.reduce<TypedExpression | null>(
      (all, flag) => (all === null ? flag : either(all, flag)),
      null,
    );
  }

  #flagAt(index: number): TypedExpression | null {
    const call = this.calls[index];
    const aggregate = call === undefined ? undefined : aggregateOf(call.aggregate).flag;
    if (call === undefined || aggregate === undefined) return null;
    const written = this.columns[index]?.name.slice(call.aggregate.length) ?? '';
    const column = { name: `${aggregate}${written}`, type: 'bool', nullable: false } as const;
    let at = this.columns.findIndex(({ name }) => name === column.name);
    if (at < 0) {
      at = this.calls.push({ ...call, aggregate }) - 1;
      this.columns.push(column);
    }
    return { kind: 'column', ...column, slot: this.#firstResult + at };
  }

  #indexOf(aggregate: AggregateFunction, args: readonly TypedExpression[]): number {
    const { name } = aggregate;
    const parameter = parameterOf(aggregate, args);
    const inputs = parameter === null ? args : args.slice(0, -1);
    const slots = inputs.map((argument) => this.#slotOf(argument));
    const found = this.calls.findIndex(
      (call) =>
        call.aggregate === name &&
        areSame(call.slots, slots) &&
        (call.parameter ?? null) === parameter,
    );
    if (found >= 0) return found;
    const types = inputs.map(({ type }) => type);
    this.columns.push({
      name: `${name}(${args.map(plainText).join(', ')})`,
      type: aggregate.resultType(types),
      nullable: aggregate.nullable(inputs.map(({ nullable }) => nullable)),
    });
    const call = { aggregate: name, slots, types, ...(parameter !== null && { parameter }) };
    return this.calls.push(call) - 1;
  }

  #slotOf(argument: TypedExpression): number {
    if (argument.kind === 'column') return argument.slot;
    const key = JSON.stringify(argument);
    const known = this.#hidden.get(key);
    if (known !== undefined) return known;
    const slot = this.#slots++;
    this.#hidden.set(key, slot);
    const name = plainText(argument);
    this.operations.push({ operation: 'set', args: { slot, value: argument, name } });
    return slot;
  }
}

const either = (a: TypedExpression, b: TypedExpression): TypedExpression => ({
  ...{ kind: 'call', type: 'bool', nullable: false, name: 'or' },
  args: [a, b],
});

/** For hints: a condition. */
const CONDITION = 'temperature > 30';

/** What is taken, by the least and the greatest number of arguments. */
const COUNTS = new Map([
  ['0,0', 'no argument'],
  ['0,1', 'one argument or none'],
  ['1,1', 'one argument'],
  ['2,2', 'two arguments'],
]);

/** The literal at the end of a call that takes one. */
function parameterOf(
  { parameter }: AggregateFunction,
  args: readonly TypedExpression[],
): number | null {
  const last = args.at(-1);
  if (parameter === undefined || last?.kind !== 'literal') return null;
  return typeof last.value === 'number' ? last.value : null;
}

function checkArguments(
  aggregate: AggregateFunction,
  args: readonly TypedExpression[],
  { args: ranges = [], ...range }: CallRange,
): Problem | null {
  const { name, usage, parameter } = aggregate;
  const [least, most] = aggregate.inputs.map((n) => n + (parameter === undefined ? 0 : 1));
  if (args.length < (least ?? 0) || args.length > (most ?? 0)) {
    const taken = COUNTS.get([least, most].join()) ?? '';
    const message = `${name} takes ${taken}, not ${args.length}`;
    return problem('argument-count', message, range, `write ${usage.join(' or ')}`);
  }
  const unfit = misfit(aggregate, args);
  if (unfit !== null) return problem('argument-value', unfit, ranges.at(-1) ?? range);
  const inputs = parameter === undefined ? args : args.slice(0, -1);
  const wrong = inputs.find(({ type }, index) => !aggregate.accepts(type, index));
  if (wrong === undefined) return null;
  if (isArray(wrong.type)) {
    const message = `${name} does not take ${wrong.type}`;
    return problem('type-mismatch', message, range, 'explode it in a stage before this one');
  }
  const hint = aggregate.accepts('bool', 0)
    ? `it takes a condition, e.g. \`${name}(${CONDITION})\``
    : 'count, min and max take values of any type';
  return problem('type-mismatch', `${name} does not take ${wrong.type}`, range, hint);
}

/** What is wrong with the literal at the end of a call, if anything. */
function misfit(aggregate: AggregateFunction, args: readonly TypedExpression[]): string | null {
  const { parameter, usage } = aggregate;
  if (parameter === undefined) return null;
  const value = parameterOf(aggregate, args);
  if (value !== null && isNumeric(args.at(-1)?.type ?? 'string') && parameter.accepts(value)) {
    return null;
  }
  return `the last argument of ${usage[0]} is ${parameter.what}, known before the first row`;
}

const problem = (code: ProblemCode, message: string, range: Range, hint?: string): Problem => ({
  code,
  message,
  range,
  ...(hint !== undefined && { hint }),
});
