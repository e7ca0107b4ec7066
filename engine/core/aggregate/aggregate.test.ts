import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType, Vector } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import { compareText } from './extremes.ts';
import { layoutOf } from './layout.ts';
import { aggregates, aggregateOf } from './registry.ts';
import { StateRows } from './state-rows.ts';

function vectorOf(cells: readonly Cell[], type: ColumnType, bytes = false): Vector {
  if (type !== 'string') {
    return {
      kind: 'number',
      values: Float64Array.from(cells, (cell) => (typeof cell === 'number' ? cell : 0)),
      valid: cells.includes(null) ? Uint8Array.from(cells, (c) => (c === null ? 0 : 1)) : null,
    };
  }
  if (!bytes) return { kind: 'text', values: cells as (string | null)[] };
  const pieces = cells.map((cell) => encodeUtf8(String(cell ?? '')));
  const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((n, p) => n + p.length, 0));
  return {
    kind: 'bytes',
    bytes: Uint8Array.from(pieces.flatMap((piece) => [...piece])),
    start: Int32Array.from(cells, (cell, i) => (cell === null ? -1 : (ends[i - 1] ?? 0))),
    end: Int32Array.from(ends),
  };
}

/**
 * The result of an aggregate over cells that are cut into parts, added one part after the other to
 * groups of their own, and merged in the order of `order`.
 */
function resultOf(
  name: string,
  type: ColumnType,
  cells: readonly Cell[],
  { parts = 1, order = (a: number, b: number) => a - b, kind = '', bytes = false } = {},
): Cell | undefined {
  const aggregate = aggregateOf(name);
  const chosen = kind === '' ? (aggregate.accumulators(type)[0] as string) : kind;
  const layout = layoutOf([{ kind: chosen, slot: 0, type }]);
  const rows = new StateRows(layout, 1);
  const input = vectorOf(cells, type, bytes);
  for (let part = 0; part < parts; part++) {
    rows.open();
    const own = cells.map((_, i) => i).filter((i) => i % parts === part);
    const pairs = {
      into: new Int32Array(own.length).fill(part),
      from: Int32Array.from(own),
      count: own.length,
    };
    const [state] = rows.states;
    if (state !== undefined) layout.placed[0]?.accumulator.add(state, pairs, input);
  }
  const total = new StateRows(layout, 1);
  total.open();
  const from = Int32Array.from({ length: parts }, (_, i) => i).sort(order);
  total.merge(rows, { into: new Int32Array(parts), from, count: parts });
  return aggregate.finish(chosen)(total.states[0] as (typeof total.states)[0], 0);
}

const doubles = fc.array(fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 5 }), {
  maxLength: 60,
});
const cuts = fc.record({
  parts: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom(
    (a: number, b: number) => a - b,
    (a: number, b: number) => b - a,
  ),
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
        const kinds = aggregateOf('count').accumulators('double');
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
    for (const { name } of aggregates.values()) {
      expect(resultOf(name, 'double', [null, null])).toBe(name.startsWith('count') ? 0 : null);
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
      aggregateOf(name).resultType(type);
    expect([typeOf('sum', 'int'), typeOf('sum', 'float')]).toEqual(['long', 'double']);
    expect([typeOf('avg', 'int'), typeOf('var_samp', 'float')]).toEqual(['double', 'double']);
    expect([typeOf('min', 'float'), typeOf('max', 'timestamp')]).toEqual(['float', 'timestamp']);
    expect(aggregateOf('sum').accepts('string')).toBe(false);
    expect(aggregateOf('sum').accepts('timestamp')).toBe(false);
    expect(aggregateOf('count').resultType(null)).toBe('long');
  });
});
