import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../batch.ts';
import { cuts, resultOf } from './aggregate.fixture.ts';
import { compareNumbers } from './extremes.ts';
import { EXACT_VALUES } from './quantiles.ts';
import { aggregateOf } from './registry.ts';
import { RELATIVE_ERROR } from './relative-bins.ts';

const shares = fc.oneof(
  fc.constantFrom(0, 0.05, 0.5, 0.95, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const cell: fc.Arbitrary<Cell> = fc.option(
  fc.oneof(fc.double({ min: -50, max: 50, noNaN: true }), fc.constantFrom(0, -0, NaN, Infinity)),
  { freq: 6 },
);

/** The sorted values, and the one that the definition names. */
function naive(cells: readonly Cell[], p: number): Cell {
  const sorted = cells
    .filter((one) => typeof one === 'number')
    .map((value) => value + 0)
    .toSorted(compareNumbers);
  // The smallest value with at least p of all values up to it.
  const found = sorted.find((_, i) => i + 1 >= p * sorted.length);
  return sorted.length === 0 ? null : (found ?? null);
}

/** A thousand values that follow from a seed: two humps, of both signs. */
const many = (count: number, seed: number): number[] => {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => (random() < 0.3 ? -1 : 20) * Math.exp(2 * random()));
};

describe('approx_percentile', () => {
  it('O3: up to 512 values is the value of that rank, however cut and merged', () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 80 }), shares, cuts, (cells, parameter, cut) => {
        const result = resultOf('approx_percentile', 'double', cells, { ...cut, parameter });
        expect(result).toBe(naive(cells, parameter));
      }),
      { numRuns: 300 },
    );
  });

  it('O3: beyond is within 1 % of that value, and the very same however cut and merged', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 505, max: 1500 }),
        fc.nat(),
        shares,
        cuts,
        (n, seed, p, cut) => {
          const cells = many(n, seed);
          const result = resultOf('approx_percentile', 'double', cells, { ...cut, parameter: p });
          const exact = naive(cells, p) as number;
          const bound = n <= EXACT_VALUES ? 0 : (RELATIVE_ERROR + 1e-9) * Math.abs(exact);
          expect(Math.abs((result as number) - exact)).toBeLessThanOrEqual(bound);
          const reversed = cells.toReversed();
          expect(resultOf('approx_percentile', 'double', reversed, { parameter: p })).toBe(result);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes over at 512 values, whatever the parts that they come in', () => {
    const cells = many(EXACT_VALUES + 1, 7);
    for (const parts of [1, 2, 5, 300]) {
      const at = (count: number): Cell | undefined =>
        resultOf('approx_percentile', 'double', cells.slice(0, count), { parts, parameter: 0.5 });
      expect(at(EXACT_VALUES)).toBe(naive(cells.slice(0, EXACT_VALUES), 0.5));
      expect(at(EXACT_VALUES + 1)).not.toBe(naive(cells, 0.5));
    }
  });

  it('O4: keeps the type, also of what is read from bins', () => {
    const cells = many(2000, 3);
    const of = (type: ColumnType, values: readonly number[]): number =>
      resultOf('approx_percentile', type, values, { parameter: 0.9 }) as number;
    const float = of('float', cells.map(Math.fround));
    expect(float).toBe(Math.fround(float));
    expect(Number.isInteger(of('int', cells.map(Math.round)))).toBe(true);
    for (const type of ['int', 'long', 'float', 'double'] as const) {
      expect(aggregateOf('approx_percentile').resultType([type])).toBe(type);
    }
    expect(aggregateOf('approx_percentile').accepts('timestamp', 0)).toBe(false);
  });

  it('takes −0 for 0 and NaN for the greatest', () => {
    const cells = [NaN, -0, -5];
    const at = (parameter: number): Cell | undefined =>
      resultOf('approx_percentile', 'double', cells, { parameter });
    expect([at(0), at(0.5), at(1)]).toEqual([-5, 0, NaN]);
  });
});

describe('median', () => {
  it('is half way between the two in the middle, however cut and merged', () => {
    const finite = fc.option(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { freq: 6 });
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 40 }), cuts, (cells, cut) => {
        const sorted = cells.filter((one) => one !== null).toSorted((a, b) => a - b);
        const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
        const result = resultOf('median', 'double', cells, cut);
        if (low === undefined || high === undefined) expect(result).toBeNull();
        else expect(result).toBe(low === high ? low + 0 : low / 2 + high / 2);
      }),
    );
    expect(aggregateOf('median').resultType(['int'])).toBe('double');
    expect(resultOf('median', 'int', [1, 2])).toBe(1.5);
  });

  it('of many values is within 1 % of it', () => {
    const cells = many(5001, 11).map(Math.abs);
    const exact = cells.toSorted((a, b) => a - b)[2500] as number;
    const result = resultOf('median', 'double', cells, { parts: 3 }) as number;
    expect(Math.abs(result - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact);
  });
});
