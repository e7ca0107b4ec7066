import { describe, expect, test } from 'vitest';
import { operationText } from './text.ts';

describe('an operation in words', () => {
  test('is its expression', () => {
    const value = { kind: 'column', type: 'int', nullable: true, slot: 3, name: 'sum(x)' } as const;
    expect(operationText({ operation: 'set', args: { slot: 4, value, name: 'n' } })).toEqual({
      title: 'set n',
      text: 'sum(x)',
      expression: value,
    });
    expect(operationText({ operation: 'where', args: { predicate: value } })).toMatchObject({
      title: 'where',
      text: 'sum(x)',
    });
  });

  test('of a kind that is not known here is its arguments', () => {
    expect(operationText({ operation: 'other', args: { by: [1], withinMs: 5 } })).toEqual({
      title: 'other',
      text: '{"by":[1],"withinMs":5}',
      expression: null,
    });
  });
});
