import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregates } from '../core/aggregate/registry.ts';
import { shareAccumulators } from '../core/aggregate/share.ts';
import { AGGREGATE_NAMES } from '../core/expression/scope.ts';
import type { ColumnType } from '../core/batch.ts';
import type { TypedExpression } from '../core/expression/types.ts';
import { AggregateCalls } from './aggregate-calls.ts';

const RANGE = { from: 3, to: 9 };

const column = (name: string, slot: number, type: ColumnType = 'double', nullable = true) =>
  ({ kind: 'column', type, nullable, slot, name }) as const;

const sum = (a: TypedExpression, b: TypedExpression): TypedExpression => ({
  kind: 'call',
  type: 'double',
  nullable: true,
  name: '+',
  args: [a, b],
});

const number = (value: number) =>
  ({ kind: 'literal', type: 'double', nullable: false, value }) as const;

const x = column('x', 0);
const y = column('y', 1);

describe('aggregate calls', () => {
  test('get result columns one after the other, named after the call', () => {
    const calls = new AggregateCalls(2, 5);
    expect(calls.resolve('avg', [x], RANGE)).toEqual({
      name: 'avg(x)',
      type: 'double',
      nullable: true,
      slot: 5,
    });
    expect(calls.resolve('count', [], RANGE)).toMatchObject({ name: 'count()', slot: 6 });
    expect(calls.resolve('avg', [y], RANGE)).toMatchObject({ name: 'avg(y)', slot: 7 });
    expect(calls.resolve('avg', [x], RANGE)).toMatchObject({ name: 'avg(x)', slot: 5 });
    expect(calls.calls.length).toBe(3);
  });

  test('whose argument is computed share the computed column', () => {
    const calls = new AggregateCalls(2, 0);
    calls.resolve('max', [sum(x, y)], RANGE);
    calls.resolve('min', [sum(x, y)], RANGE);
    calls.resolve('min', [sum(y, x)], RANGE);
    expect(calls.operations).toMatchObject([
      { operation: 'set', args: { slot: 2, name: 'x + y' } },
      { operation: 'set', args: { slot: 3, name: 'y + x' } },
    ]);
    expect(calls.calls.flatMap(({ slots }) => slots)).toEqual([2, 2, 3]);
    expect(calls.slots).toBe(4);
  });

  test('of two arguments compute each that is more than a column', () => {
    const calls = new AggregateCalls(2, 0);
    const literal = { kind: 'literal', type: 'int', nullable: false, value: 1 } as const;
    expect(calls.resolve('min_by', [sum(x, y), y], RANGE)).toMatchObject({
      name: 'min_by(x + y, y)',
      nullable: true,
    });
    calls.resolve('max_by', [literal, sum(x, y)], RANGE);
    expect(calls.calls.map(({ slots }) => slots)).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(calls.columns[1]).toMatchObject({ name: 'max_by(1, x + y)', type: 'int' });
  });

  test('with a literal at the end keep it, and have a result for each', () => {
    const calls = new AggregateCalls(2, 5);
    const at = (value: number) => calls.resolve('approx_percentile', [x, number(value)], RANGE);
    expect(at(0.95)).toMatchObject({ name: 'approx_percentile(x, 0.95)', slot: 5 });
    expect(at(0.5)).toMatchObject({ name: 'approx_percentile(x, 0.5)', slot: 6 });
    expect(at(0.95)).toMatchObject({ slot: 5 });
    expect(calls.calls).toMatchObject([
      { slots: [0], types: ['double'], parameter: 0.95 },
      { slots: [0], types: ['double'], parameter: 0.5 },
    ]);
    expect(calls.operations).toEqual([]);
    expect(shareAccumulators(calls.calls)).toEqual({
      accumulators: [{ kind: 'quantiles', slots: [0], types: ['double'] }],
      assigned: [0, 0],
    });
  });

  test.each([
    ['a number above 1', number(1.5)],
    ['a number below 0', number(-0.1)],
    ['no number', { ...number(0), type: 'string', value: '0.5' } as const],
    ['a column', y],
    ['an expression', sum(y, y)],
    ['a null', { ...number(0), value: null } as const],
  ])('whose literal is %s are told what it may be, at its place', (_, literal) => {
    const calls = new AggregateCalls(2, 0);
    const args = [
      { from: 20, to: 21 },
      { from: 23, to: 26 },
    ];
    expect(calls.resolve('approx_percentile', [x, literal], { ...RANGE, args })).toEqual({
      code: 'argument-value',
      message:
        'the last argument of approx_percentile(x, p) is a number from 0 to 1, known before the first row',
      range: { from: 23, to: 26 },
    });
    expect([calls.calls, calls.operations]).toEqual([[], []]);
  });

  test('that stop at a cap have a flag, once each; an expression over several has either', () => {
    const calls = new AggregateCalls(2, 5);
    const cap = (value: number) => ({ ...number(value), type: 'int' }) as const;
    const at = (argument: TypedExpression, value: number): TypedExpression => {
      const column = calls.resolve('count_distinct', [argument, cap(value)], RANGE);
      if ('code' in column) throw new Error(column.message);
      return { kind: 'column', ...column };
    };
    const own = calls.flagOf(at(x, 10));
    expect(own).toEqual({
      ...{ kind: 'column', name: 'count_distinct_saturated(x, 10)', type: 'bool' },
      ...{ nullable: false, slot: 6 },
    });
    expect(calls.flagOf(sum(at(x, 10), at(y, 10)))).toMatchObject({
      name: 'or',
      args: [own, { name: 'count_distinct_saturated(y, 10)', slot: 8 }],
    });
    expect(calls.flagOf(x)).toBeNull();
    expect(shareAccumulators(calls.calls)).toEqual({
      accumulators: [0, 1].map((slot) => ({
        ...{ kind: 'distinct_set', slots: [slot], types: ['double'], parameter: 10 },
      })),
      assigned: [0, 0, 1, 1],
    });
    at(x, 11);
    expect(shareAccumulators(calls.calls).accumulators.length).toBe(3);
    expect(calls.resolve('count_distinct', [x, cap(0)], RANGE)).toMatchObject({
      code: 'argument-value',
      message:
        'the last argument of count_distinct(x, cap) is a whole number from 1 to 1000000, known before the first row',
    });
  });

  test('of the language are all there', () => {
    expect(AGGREGATE_NAMES.toSorted()).toEqual([...aggregates.keys()].toSorted());
  });

  test.each([
    ['count', [x, y], 'count takes one argument or none, not 2', 'write count() or count(x)'],
    ['avg', [], 'avg takes one argument, not 0', 'write avg(x)'],
    ['avg', [x, y], 'avg takes one argument, not 2', 'write avg(x)'],
    ['min_by', [x], 'min_by takes two arguments, not 1', 'write min_by(x, y)'],
    ['median', [x, y], 'median takes one argument, not 2', 'write median(x)'],
  ] as const)('%s is not called with these: %j', (name, args, message, hint) => {
    const calls = new AggregateCalls(2, 0);
    expect(calls.resolve(name, args, RANGE)).toEqual({
      code: 'argument-count',
      message,
      hint,
      range: RANGE,
    });
    expect(calls.calls).toEqual([]);
  });

  test('of numbers refuse everything else and leave no trace', () => {
    const calls = new AggregateCalls(2, 0);
    expect(calls.resolve('sum', [column('s', 0, 'string')], RANGE)).toMatchObject({
      code: 'type-mismatch',
      message: 'sum does not take string',
    });
    expect([calls.calls, calls.columns, calls.operations, calls.slots]).toEqual([[], [], [], 2]);
  });

  test('any sequence of them has one result a distinct call, and slots without gaps', () => {
    const argument = fc.constantFrom<TypedExpression[]>(
      ...[[], [x], [y], [sum(x, y)], [sum(x, x)]],
      ...[
        [x, y],
        [y, x],
        [x, sum(x, x)],
        [x, number(0.5)],
        [y, number(1)],
      ],
    );
    const call = fc.tuple(fc.constantFrom(...aggregates.keys()), argument);
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), (made) => {
        const calls = new AggregateCalls(2, 10);
        const seen = new Map<string, number>();
        for (const [name, args] of made) {
          const result = calls.resolve(name, args, RANGE);
          if ('code' in result) continue;
          const key = JSON.stringify([name, args]);
          expect(result.slot).toBe(seen.get(key) ?? 10 + seen.size);
          seen.set(key, result.slot);
        }
        expect(calls.columns.length).toBe(seen.size);
        expect(calls.slots).toBe(2 + calls.operations.length);
      }),
    );
  });
});
