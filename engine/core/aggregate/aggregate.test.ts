import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../batch.ts';
import { cuts, resultOf, resultOver } from './aggregate.fixture.ts';
import { compareText } from './extremes.ts';
import { aggregates, aggregateOf } from './registry.ts';

const doubles = fc.array(fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 5 }), {
  maxLength: 60,
});
const numbersIn = (cells: readonly Cell[]): number[] =>
  cells.filter((cell) => typeof cell === 'number');
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('aggregates', () => {
  it('O3: sums and means agree with the naive ones within 1e-9 of Σ|x|, however cut and merged', () => {
    fc.assert(
      fc.property(doubles, cuts, fc.constantFrom('sum', 'moments'), (cells, cut, kind) => {
        const values = numbersIn(cells);
        const total = resultOf('sum', 'double', cells, { ...cut, kind });
        const mean = resultOf('avg', 'double', cells, { ...cut, kind });
        if (values.length === 0) {
          expect([total, mean]).toEqual([null, null]);
          return;
        }
        const bound = 1e-9 * sumOf(values.map(Math.abs));
        expect(Math.abs((total as number) - sumOf(values))).toBeLessThanOrEqual(bound);
        const naive = sumOf(values) / values.length;
        expect(Math.abs((mean as number) - naive)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('O3: variances agree with the two-pass ones within 1e-9 of Σx², however cut and merged', () => {
    fc.assert(
      fc.property(doubles, cuts, (cells, cut) => {
        const values = numbersIn(cells);
        const mean = sumOf(values) / values.length;
        const squares = sumOf(values.map((x) => (x - mean) ** 2));
        const bound = 1e-9 * sumOf(values.map((x) => x * x)) + 1e-300;
        const near = (result: Cell | undefined, naive: number | null): void => {
          if (naive === null) expect(result).toBeNull();
          else expect(Math.abs((result as number) - naive)).toBeLessThanOrEqual(bound);
        };
        const n = values.length;
        near(resultOf('var_pop', 'double', cells, cut), n === 0 ? null : squares / n);
        near(resultOf('var_samp', 'double', cells, cut), n < 2 ? null : squares / (n - 1));
        const samples = resultOf('var_samp', 'double', cells, cut);
        expect(resultOf('stddev_samp', 'double', cells, cut)).toBe(
          samples === null ? null : Math.sqrt(samples as number),
        );
      }),
    );
  });

  it('keeps the variance of large values that differ little', () => {
    const cells = Array.from({ length: 10_000 }, (_, i) => 1e9 + (i % 2));
    expect(resultOf('var_pop', 'double', cells, { parts: 5 })).toBeCloseTo(0.25, 6);
  });

  it('O4: a sum of longs is exact in any order, and out of range only if the total is', () => {
    const longs = fc.array(
      fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(longs, cuts, (cells, cut) => {
        const total = cells.reduce((a, b) => a + BigInt(b), 0n);
        const inRange = total <= BigInt(2 ** 53 - 1) && total >= -BigInt(2 ** 53 - 1);
        const result = resultOf('sum', 'long', cells, cut);
        expect(result).toBe(inRange ? Number(total) : undefined);
      }),
    );
  });

  it('O3: min and max are exact, take NaN for the greatest, and know no −0', () => {
    const special = fc.oneof(
      fc.constantFrom(NaN, 0, -0, Infinity, -Infinity),
      fc.double({ noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.option(special, { freq: 5 })), cuts, (cells, cut) => {
        const rank = (x: number): number => (Number.isNaN(x) ? Infinity : 0);
        const sorted = numbersIn(cells)
          .map((x) => x + 0)
          .toSorted((a, b) => (rank(a) !== rank(b) ? rank(a) - rank(b) : a < b ? -1 : 1));
        expect(resultOf('min', 'double', cells, cut)).toBe(sorted[0] ?? null);
        expect(resultOf('max', 'double', cells, cut)).toBe(sorted.at(-1) ?? null);
      }),
    );
  });

  it('O3: min and max of text go by code points, whether it is bytes or text', () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 4 }), { freq: 5 }));
    fc.assert(
      fc.property(texts, cuts, fc.boolean(), (cells, cut, bytes) => {
        const sorted = cells
          .filter((cell) => cell !== null)
          .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(resultOf('min', 'string', cells, { ...cut, bytes })).toBe(sorted[0] ?? null);
        expect(resultOf('max', 'string', cells, { ...cut, bytes })).toBe(sorted.at(-1) ?? null);
      }),
    );
    expect(compareText('\uffff', '\u{10000}')).toBeLessThan(0);
  });

  it('count(x) counts values from any accumulator that has seen them', () => {
    fc.assert(
      fc.property(doubles, cuts, (cells, cut) => {
        const kinds = aggregateOf('count').accumulators(['double']);
        for (const kind of kinds.filter((name) => !/_text|truths/.test(name))) {
          expect(resultOf('count', 'double', cells, { ...cut, kind })).toBe(
            numbersIn(cells).length,
          );
        }
      }),
    );
    for (const kind of ['count', 'min_text', 'max_text']) {
      expect(resultOf('count', 'string', ['', null, 'a'], { parts: 2, kind })).toBe(2);
    }
  });

  it('count_if, bool_and and bool_or look at the values that are not null', () => {
    const truths = fc.array(fc.constantFrom(0, 1, null), { maxLength: 12 });
    fc.assert(
      fc.property(truths, cuts, (cells, cut) => {
        const known = numbersIn(cells);
        const when = (value: boolean): number | null => (known.length === 0 ? null : Number(value));
        expect(resultOf('count_if', 'bool', cells, cut)).toBe(sumOf(known));
        expect(resultOf('bool_and', 'bool', cells, cut)).toBe(when(!known.includes(0)));
        expect(resultOf('bool_or', 'bool', cells, cut)).toBe(when(known.includes(1)));
        expect(resultOf('count', 'bool', cells, { ...cut, kind: 'truths' })).toBe(known.length);
      }),
    );
  });

  it('no value gives null, but count gives 0', () => {
    for (const { name, inputs } of aggregates.values()) {
      const [, most] = inputs;
      const nulls = { type: 'double', cells: [null, null] } as const;
      const result = resultOver(
        name,
        Array.from({ length: most }, () => nulls),
      );
      expect(result).toBe(name.includes('count') ? 0 : null);
    }
  });

  it('one value has no sample variance', () => {
    expect(resultOf('var_samp', 'double', [4])).toBeNull();
    expect(resultOf('stddev_samp', 'double', [4])).toBeNull();
    expect(resultOf('var_pop', 'double', [4])).toBe(0);
    expect(resultOf('stddev_pop', 'double', [4])).toBe(0);
  });

  it('O4: result types', () => {
    const typeOf = (name: string, type: ColumnType): ColumnType =>
      aggregateOf(name).resultType([type]);
    expect([typeOf('sum', 'int'), typeOf('sum', 'float')]).toEqual(['long', 'double']);
    expect([typeOf('avg', 'int'), typeOf('var_samp', 'float')]).toEqual(['double', 'double']);
    expect([typeOf('min', 'float'), typeOf('max', 'timestamp')]).toEqual(['float', 'timestamp']);
    expect(aggregateOf('sum').accepts('string', 0)).toBe(false);
    expect(aggregateOf('sum').accepts('timestamp', 0)).toBe(false);
    expect(aggregateOf('count').resultType([])).toBe('long');
  });
});
