import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../batch.ts';
import { cuts, resultOver } from './aggregate.fixture.ts';

type Pair = readonly [Cell, Cell];

const number = fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 6 });
const pairs = fc.array(fc.tuple(number, number), { maxLength: 60 });

const over = (name: string, all: readonly Pair[], cut = {}): Cell | undefined =>
  resultOver(
    name,
    [0, 1].map((at) => ({ type: 'double', cells: all.map((pair) => pair[at as 0 | 1]) })),
    cut,
  );

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Two passes over the pairs without a null. */
function naive(all: readonly Pair[]): { n: number; xx: number; yy: number; xy: number } {
  const known = all.filter((pair): pair is [number, number] => !pair.includes(null));
  const [meanX, meanY] = [0, 1].map((at) => sum(known.map((pair) => pair[at as 0 | 1])));
  const off = known.map(([x, y]) => [
    x - (meanX ?? 0) / known.length,
    y - (meanY ?? 0) / known.length,
  ]);
  return {
    n: known.length,
    xx: sum(off.map(([x = 0]) => x * x)),
    yy: sum(off.map(([, y = 0]) => y * y)),
    xy: sum(off.map(([x = 0, y = 0]) => x * y)),
  };
}

describe('comoments', () => {
  it('O3: covariances agree with the two-pass ones within 1e-9 of Σ|x|Σ|y|, however cut', () => {
    fc.assert(
      fc.property(pairs, cuts, (all, cut) => {
        const { n, xy } = naive(all);
        const bound = 1e-9 * sum(all.map(([x, y]) => Math.abs(Number(x) * Number(y)) + 1e3));
        const near = (result: Cell | undefined, expected: number | null): void => {
          if (expected === null) expect(result).toBeNull();
          else expect(Math.abs((result as number) - expected)).toBeLessThanOrEqual(bound);
        };
        near(over('covar_pop', all, cut), n === 0 ? null : xy / n);
        near(over('covar_samp', all, cut), n < 2 ? null : xy / (n - 1));
      }),
    );
  });

  it('O3: the correlation agrees with the two-pass one, however cut, and stays in [−1, 1]', () => {
    const spread = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), number), { minLength: 3 });
    fc.assert(
      fc.property(spread, cuts, (all, cut) => {
        const { xx, yy, xy } = naive(all);
        fc.pre(xx > 1 && yy > 1);
        const result = over('corr', all, cut) as number;
        expect(result).toBeCloseTo(xy / Math.sqrt(xx * yy), 9);
        expect(Math.abs(result)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keep what large values differ by: a mean of 1e9, in one piece and in five', () => {
    const all = Array.from({ length: 10_000 }, (_, i): Pair => {
      const x = i % 4;
      return [1e9 + x, -1e9 + (x % 2) + 2 * (i % 3)];
    });
    const { n, xx, yy, xy } = naive(all.map(([x, y]) => [Number(x) - 1e9, Number(y) + 1e9]));
    for (const parts of [1, 5]) {
      expect(over('covar_pop', all, { parts })).toBeCloseTo(xy / n, 6);
      expect(over('covar_samp', all, { parts })).toBeCloseTo(xy / (n - 1), 6);
      expect(over('corr', all, { parts })).toBeCloseTo(xy / Math.sqrt(xx * yy), 6);
    }
    const line = all.map(([x]): Pair => [x, 3 * Number(x)]);
    expect(over('corr', line, { parts: 3 })).toBeCloseTo(1, 9);
  });

  it('look at records in which neither is null', () => {
    const all: Pair[] = [
      [1, 2],
      [null, 900],
      [3, null],
      [3, 8],
    ];
    expect(over('covar_pop', all)).toBe(3);
    expect(over('covar_samp', all)).toBe(6);
    expect(over('corr', all)).toBe(1);
  });

  it('have no correlation of what does not vary, nor of one pair', () => {
    expect(
      over('corr', [
        [1, 5],
        [2, 5],
      ]),
    ).toBeNull();
    // Their sum rounds, their mean does not.
    const steady = Array.from({ length: 1000 }, (_, i): Pair => [0.1, i % 7]);
    expect(over('corr', steady, { parts: 3 })).toBeNull();
    expect(over('corr', [[1, 5]])).toBeNull();
    expect(over('covar_samp', [[1, 5]])).toBeNull();
    expect(over('covar_pop', [[1, 5]])).toBe(0);
  });
});
