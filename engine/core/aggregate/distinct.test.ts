import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../batch.ts';
import { hashBytes, hashText } from '../expression/murmur3.ts';
import { encodeUtf8 } from '../utf8.ts';
import { cuts, resultOf } from './aggregate.fixture.ts';
import { EXACT_DISTINCT, STANDARD_ERROR } from './distinct-sketch.ts';
import { aggregateOf } from './registry.ts';

const numbers = fc.array(
  fc.option(fc.oneof(fc.nat(20), fc.constantFrom(NaN, 0, -0, 1.5, Infinity)), { freq: 5 }),
  { maxLength: 60 },
);
const texts = fc.array(
  fc.option(
    fc.oneof(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.constantFrom('', 'é', '\u{1f600}')),
    {
      freq: 5,
    },
  ),
  { maxLength: 60 },
);
const columns: fc.Arbitrary<{ type: ColumnType; cells: Cell[] }> = fc.oneof(
  numbers.map((cells) => ({ type: 'double' as const, cells })),
  texts.map((cells) => ({ type: 'string' as const, cells })),
);

/** W9: NaN is itself, −0 is 0, null is no value. */
const distinct = (cells: readonly Cell[]): number =>
  new Set(cells.filter((cell) => cell !== null)).size;

/** So many cells of which so many are distinct, in an order that mixes them. */
const mixed = (count: number, different: number, cell: (i: number) => Cell): Cell[] =>
  Array.from({ length: count }, (_, i) => cell((i * 7919) % different));

describe('count_distinct', () => {
  it('O1: counts exactly up to its cap and stops there, however cut and merged', () => {
    fc.assert(
      fc.property(
        columns,
        fc.integer({ min: 1, max: 30 }),
        cuts,
        fc.boolean(),
        (column, parameter, cut, bytes) => {
          const { type, cells } = column;
          const handling = { ...cut, parameter, bytes };
          const all = distinct(cells);
          expect(resultOf('count_distinct', type, cells, handling)).toBe(Math.min(all, parameter));
          expect(resultOf('count_distinct_saturated', type, cells, handling)).toBe(
            Number(all > parameter),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is not saturated at its cap, and is one above it', () => {
    const cells = [1, 2, 3, 2, 1];
    const at = (parameter: number): (Cell | undefined)[] =>
      ['count_distinct', 'count_distinct_saturated'].map((name) =>
        resultOf(name, 'int', cells, { parameter, parts: 2, packed: true }),
      );
    expect([at(3), at(2)]).toEqual([
      [3, 0],
      [2, 1],
    ]);
    expect(aggregateOf('count_distinct_saturated').resultType(['int'])).toBe('bool');
  });
});

describe('the hash of bytes', () => {
  it('is that of the text they are', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, fc.nat(), (before, text, seed) => {
        const bytes = encodeUtf8(`${before}${text}!`);
        const from = encodeUtf8(before).length;
        expect(hashBytes(bytes, from, bytes.length - 1, seed)).toBe(hashText(text, seed));
      }),
    );
  });
});

describe('approx_count_distinct', () => {
  it('O3: is the very same however cut, ordered and merged, and as bytes or text', () => {
    fc.assert(
      fc.property(
        columns,
        fc.nat(3000),
        cuts,
        fc.boolean(),
        ({ type, cells }, more, cut, bytes) => {
          const filled = [
            ...cells,
            ...mixed(more, 700, (i) => (type === 'string' ? `v${i}` : i + 100)),
          ];
          const result = resultOf('approx_count_distinct', type, filled, { ...cut, bytes });
          expect(resultOf('approx_count_distinct', type, filled.toReversed())).toBe(result);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is exact up to 256 values, and changes over by their number alone', () => {
    fc.assert(
      fc.property(columns, ({ type, cells }) => {
        expect(resultOf('approx_count_distinct', type, cells)).toBe(distinct(cells));
      }),
    );
    const cells = Array.from({ length: EXACT_DISTINCT }, (_, i) => i * i);
    for (const parts of [1, 4]) {
      expect(resultOf('approx_count_distinct', 'int', cells, { parts })).toBe(EXACT_DISTINCT);
    }
  });

  it.each([200, 300, 1000, 5000, 20_000, 100_000])(
    'is within four standard errors of %i values',
    (different) => {
      const kinds: readonly (readonly [ColumnType, (i: number) => Cell])[] = [
        ['long', (i) => i],
        ['double', (i) => i / 7],
        ['timestamp', (i) => 1_711_580_400_000 + i * 1000],
        ['string', (i) => `sensor-${i}`],
      ];
      for (const [type, cell] of kinds) {
        const cells = Array.from({ length: different }, (_, i) => cell(i));
        const result = resultOf('approx_count_distinct', type, cells, { parts: 2 }) as number;
        expect(Math.abs(result - different)).toBeLessThanOrEqual(4 * STANDARD_ERROR * different);
      }
    },
  );

  it('counts a value once, however often it comes', () => {
    const cells = mixed(50_000, 50, (i) => `city ${i}`);
    expect(resultOf('approx_count_distinct', 'string', cells, { parts: 3 })).toBe(50);
    expect(resultOf('approx_count_distinct', 'string', [null, null])).toBe(0);
  });
});
