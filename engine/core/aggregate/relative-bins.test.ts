import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNumbers } from './extremes.ts';
import { MAX_BINS, RELATIVE_ERROR, RelativeBins } from './relative-bins.ts';

const binsOf = (values: readonly number[]): RelativeBins => {
  const bins = new RelativeBins();
  for (const value of values) bins.add(value);
  return bins;
};

/** Every value is read within the bins' own relative error. */
function expectNear(bins: RelativeBins, values: readonly number[]): void {
  const sorted = values.toSorted(compareNumbers);
  // Rounding of the logarithm may put a value that lies on an edge into the next bin.
  const bound = bins.relativeError * (1 + 1e-9);
  sorted.forEach((value, rank) => {
    const read = bins.valueAt(rank);
    if (!Number.isFinite(value) || value === 0) expect(read).toBe(value + 0);
    else expect(Math.abs(read - value)).toBeLessThanOrEqual(bound * Math.abs(value));
  });
}

const special = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1, 1e-300, 1e300);
const anything = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.double().filter((x) => Math.abs(x) > 1e-290 || x === 0) },
  { weight: 1, arbitrary: special },
);
const values = fc.array(anything, { maxLength: 200 });

/** Evenly over the exponents from 10^from to 10^to, of both signs. */
const spread = (count: number, from: number, to: number): number[] =>
  Array.from(
    { length: count },
    (_, i) => (i % 2 === 0 ? 1 : -1) * 10 ** (from + ((to - from) * i) / count),
  );

describe('relative bins', () => {
  it('read every value within the relative error, special ones exactly', () => {
    fc.assert(
      fc.property(values, (all) => {
        const bins = binsOf(all);
        expect(bins.relativeError).toBeCloseTo(RELATIVE_ERROR, 12);
        expectNear(bins, all);
      }),
      { numRuns: 300 },
    );
  });

  it('O3: are the same for the same values, in any order, cut and merged in any way', () => {
    const wide = fc.array(fc.oneof(anything, fc.constantFrom(...spread(4000, -200, 200))), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        wide,
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.boolean(),
        (some, keys, dense) => {
          const all = dense ? [...some, ...spread(3000, -100, 100)] : some;
          const shuffled = all
            .map((value, i) => ({
              value,
              key: (keys[i % (keys.length || 1)] ?? 0) * 7919 + i * 104729,
            }))
            .toSorted((a, b) => (a.key % 1009) - (b.key % 1009))
            .map(({ value }) => value);
          const parts = [0, 1, 2].map((part) => binsOf(shuffled.filter((_, i) => i % 3 === part)));
          const [first, second, third] = parts as [RelativeBins, RelativeBins, RelativeBins];
          third.merge(first);
          second.merge(third);
          expect(second.toNumbers()).toEqual(binsOf(all).toNumbers());
        },
      ),
    );
  });

  it('stay few and within their stated error for values of all orders of magnitude', () => {
    const all = spread(20_000, -300, 300);
    const bins = binsOf(all);
    expect(bins.length).toBeLessThanOrEqual(MAX_BINS);
    expect(bins.length).toBeGreaterThan(MAX_BINS / 2);
    expect(bins.relativeError).toBeGreaterThan(RELATIVE_ERROR);
    expectNear(bins, all);
  });

  it('keep 1 % for eight orders of magnitude', () => {
    const all = spread(40_000, -4, 4).map(Math.abs);
    const bins = binsOf(all);
    expect(bins.relativeError).toBeCloseTo(RELATIVE_ERROR, 12);
    expectNear(bins, all);
  });

  it('do not leave what they have seen, and come back from their numbers', () => {
    const bins = binsOf([5, 5, 5]);
    expect(bins.valueAt(0)).toBe(5);
    const again = new RelativeBins(bins.toNumbers());
    again.add(7);
    expect(bins.length).toBe(1);
    expect(again.valueAt(3)).toBe(7);
  });
});
