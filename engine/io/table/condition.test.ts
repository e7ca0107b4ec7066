import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../core/batch.ts';
import {
  bindCondition,
  compareCells,
  matches,
  parseCondition,
  type Operator,
  type StoredCell,
} from './condition.ts';

const columns = (
  ['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as ColumnType[]
).map((type) => ({ name: type, type }));

const bound = (text: string) => bindCondition(parseCondition(text), columns).value;

describe('reading conditions', () => {
  it.each([
    ['city=Paris', 'city', '=', 'Paris'],
    ['n >= 3', 'n', '>=', '3'],
    ['n<=3', 'n', '<=', '3'],
    ['n<3', 'n', '<', '3'],
    ['n > 3', 'n', '>', '3'],
    ['city != La Ciotat ', 'city', '!=', 'La Ciotat'],
    ['note==x', 'note', '=', '=x'],
    ['note=', 'note', '=', ''],
    ['note="a = b"', 'note', '=', '"a = b"'],
    ['note=line\nbreak', 'note', '=', 'line\nbreak'],
  ])('%j', (text, column, operator, value) => {
    expect(parseCondition(text)).toEqual({ column, operator, text: value });
  });

  it.each(['', 'city', '=Paris', 'City=Paris', '1=1', 'city~Paris'])('refuses %j', (text) => {
    expect(() => parseCondition(text)).toThrow('write COLUMN=VALUE with one of');
  });
});

describe('giving conditions the type of their column', () => {
  it.each<[string, StoredCell]>([
    ['bool=true', 1],
    ['bool=false', 0],
    ['int=-7', -7],
    ['long=9007199254740993', 9007199254740993n],
    ['double=1e3', 1000],
    ['double=-.5', -0.5],
    ['double=NaN', NaN],
    ['double=-Infinity', -Infinity],
    ['float=12.3', Math.fround(12.3)],
    ['string=12.3', '12.3'],
    ['string="null"', 'null'],
    ["string=''", ''],
    ['timestamp=2024-03-28T10:00:00Z', 1711620000000],
    ['timestamp=2024-03-28 10:00', 1711620000000],
    ['timestamp=2024-03-28T11:00:00+01:00', 1711620000000],
    ['timestamp=2024-03-28', 1711584000000],
    ['timestamp=1711620000000', 1711620000000],
    ['string=null', null],
    ['int!=null', null],
  ])('%s', (text, value) => {
    expect(bound(text)).toEqual(value);
  });

  it.each([
    ['bool=yes', '"yes" is not a value for bool, which holds true or false'],
    ['int=three', '"three" is not a value for int, which holds a number'],
    ['double=', '"" is not a value for double'],
    ['timestamp=yesterday', 'a time such as 2024-03-28T10:00:00Z'],
    ['int<null', 'use = or != with null'],
    ['town=Paris', 'there is no column "town"; the columns are bool, int, long'],
  ])('%s is refused', (text, message) => {
    expect(() => bound(text)).toThrow(message);
  });
});

const cells: fc.Arbitrary<StoredCell> = fc.oneof(
  fc.constantFrom<StoredCell>(null, NaN, 0, -0, Infinity, -Infinity),
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 53n + 3n }),
);

describe('testing cells', () => {
  it('agrees with SQL on every operator', () => {
    const test = (operator: Operator, a: number, b: number): boolean => {
      switch (operator) {
        case '=':
          return a === b;
        case '!=':
          return a !== b;
        case '<':
          return a < b;
        case '<=':
          return a <= b;
        case '>':
          return a > b;
        case '>=':
          return a >= b;
      }
    };
    const operator = fc.constantFrom<Operator>('=', '!=', '<', '<=', '>', '>=');
    fc.assert(
      fc.property(operator, fc.nat(3), fc.nat(3), (op, a, b) => {
        expect(matches(a, { column: 'c', operator: op, value: b })).toBe(test(op, a, b));
      }),
    );
  });

  it('finds null only with = null, and everything else with != null', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        expect(matches(cell, { column: 'c', operator: '=', value: null })).toBe(cell === null);
        expect(matches(cell, { column: 'c', operator: '!=', value: null })).toBe(cell !== null);
      }),
    );
    for (const operator of ['=', '!=', '<', '>='] as const) {
      expect(matches(null, { column: 'c', operator, value: 1 })).toBe(false);
    }
  });

  it('W9: takes NaN as equal to NaN, and −0 as equal to 0', () => {
    expect(matches(NaN, { column: 'c', operator: '=', value: NaN })).toBe(true);
    expect(matches(NaN, { column: 'c', operator: '>', value: 1 })).toBe(false);
    expect(matches(-0, { column: 'c', operator: '=', value: 0 })).toBe(true);
  });

  it('orders cells totally', () => {
    fc.assert(
      fc.property(cells, cells, cells, (a, b, c) => {
        expect(Math.sign(compareCells(a, b)) + Math.sign(compareCells(b, a))).toBe(0);
        if (compareCells(a, b) <= 0 && compareCells(b, c) <= 0) {
          expect(compareCells(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it('orders text by code points, as the stores do', () => {
    expect(compareCells('z', 'é')).toBeLessThan(0);
    expect(compareCells('\uffff', '😀')).toBeLessThan(0);
  });
});
