import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type ElementType, arrayCells, arrayText, arrayTypeOf, readElementType } from './array.ts';

const scalar = fc.constantFrom(
  ...(['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const),
);
const field = fc.record({
  name: fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/),
  type: scalar,
  required: fc.boolean(),
});
const elementType: fc.Arbitrary<ElementType> = fc.oneof(
  fc.record({ kind: fc.constant('scalar' as const), type: scalar, required: fc.boolean() }),
  fc.record({
    kind: fc.constant('struct' as const),
    fields: fc.uniqueArray(field, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
  }),
);

describe('the type of an array', () => {
  it('is read back as it is written', () => {
    fc.assert(
      fc.property(elementType, (element) => {
        expect(readElementType(arrayTypeOf(element))).toEqual(element);
      }),
    );
  });

  test.each([
    'array<>',
    'array<number>',
    'array<array<int>>',
    'array<{ }>',
    'array<{ id }>',
    'array<{ id: int, id: long }>',
    'array<{ all: array<int> }>',
    'array int',
  ])('%s is none', (text) => {
    expect(readElementType(text)).toBeNull();
  });

  test('white space is free', () => {
    expect(readElementType('array < { id:int ! ,name : string } >')).toEqual({
      kind: 'struct',
      fields: [
        { name: 'id', type: 'int', required: true },
        { name: 'name', type: 'string', required: false },
      ],
    });
  });
});

describe('the text of an array', () => {
  const cells = {
    bool: fc.nat(1),
    int: fc.integer(),
    long: fc.maxSafeInteger(),
    float: fc.float(),
    double: fc.double(),
    string: fc.string(),
    timestamp: fc.integer({ min: -1e12, max: 4e12 }),
  };
  test.each(Object.keys(cells) as (keyof typeof cells)[])('of %s gives its cells back', (type) => {
    fc.assert(
      fc.property(fc.array(fc.option<number | string>(cells[type])), (all) => {
        const back = arrayCells(type, arrayText(type, all));
        const plain = all.map((cell) => (Object.is(cell, -0) ? 0 : cell));
        expect(back).toEqual(plain);
      }),
    );
  });
});
