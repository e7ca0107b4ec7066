import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../batch.ts';
import type { InputColumn, Origin } from './aggregate.fixture.ts';
import { cuts, resultOver } from './aggregate.fixture.ts';
import { aggregateOf } from './registry.ts';

interface Sample {
  readonly time: number;
  readonly partition: number;
  readonly value: Cell;
  readonly key: Cell;
}

const cellsOf: Record<'double' | 'string', fc.Arbitrary<Cell>> = {
  double: fc.constantFrom<Cell>(null, NaN, -0, 0, 1, 2.5, -Infinity, Infinity),
  string: fc.constantFrom<Cell>(null, '', 'a', 'b', '\uffff', '\u{10000}'),
};

/** Records of three partitions; event times and keys are few, so that there are ties of all kinds. */
const samples = (value: 'double' | 'string', key: 'double' | 'string') =>
  fc.array(
    fc.record({
      time: fc.integer({ min: -2, max: 2 }),
      partition: fc.nat(2),
      value: cellsOf[value],
      key: cellsOf[key],
    }),
    { maxLength: 30 },
  );

const types = fc.constantFrom<'double' | 'string'>('double', 'string');
const cases = fc
  .tuple(types, types)
  .chain(([value, key]) => fc.tuple(fc.constant({ value, key }), samples(value, key)));

/** The records in the order of O1; the offset is the place in the array. */
const inOrder = (all: readonly Sample[]): Sample[] =>
  all
    .map((sample, offset) => ({ ...sample, offset }))
    .toSorted((a, b) => a.time - b.time || a.partition - b.partition || a.offset - b.offset);

const rank = (key: Cell): [number, number | Buffer] =>
  typeof key === 'string' ? [0, Buffer.from(key)] : [Number.isNaN(key) ? 1 : 0, (key ?? 0) + 0];

function isBelow(a: Cell, b: Cell): boolean {
  const [[high, x], [other, y]] = [rank(a), rank(b)];
  if (high !== other) return high < other;
  return Buffer.isBuffer(x) && Buffer.isBuffer(y) ? Buffer.compare(x, y) < 0 : x < y;
}

function naive(name: string, all: readonly Sample[]): Cell {
  const known = inOrder(all).filter(({ value }) => value !== null);
  if (name === 'first') return known[0]?.value ?? null;
  if (name === 'last') return known.at(-1)?.value ?? null;
  const keyed = inOrder(all).filter(({ key }) => key !== null);
  const beats = (a: Sample, b: Sample): boolean =>
    name === 'min_by' ? isBelow(a.key, b.key) : isBelow(b.key, a.key);
  const [winner] = keyed.filter((sample) => !keyed.some((other) => beats(other, sample)));
  return winner?.value ?? null;
}

const columnsOf = (
  name: string,
  all: readonly Sample[],
  { value, key }: Record<'value' | 'key', ColumnType>,
): InputColumn[] => {
  const own = { type: value, cells: all.map((sample) => sample.value) };
  const by = { type: key, cells: all.map((sample) => sample.key) };
  return name.endsWith('_by') ? [own, by] : [own];
};

const originOf = (all: readonly Sample[]): Origin => ({
  partitions: all.map(({ partition }) => partition),
  eventTimes: all.map(({ time }) => time),
  offsets: all.map((_, offset) => offset),
});

describe('picks', () => {
  it('O1 O3: are those of the records in order, however cut and merged', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('first', 'last', 'min_by', 'max_by'),
        cases,
        cuts,
        fc.boolean(),
        (name, [kinds, all], cut, bytes) => {
          const inputs = columnsOf(name, all, kinds);
          const result = resultOver(name, inputs, { ...cut, bytes }, originOf(all));
          expect(result).toBe(naive(name, all));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('O1: of rows with one origin the first, and for last the last, in the order of their batch', () => {
    const one: Origin = { partitions: [4, 4, 4], eventTimes: [7, 7, 7], offsets: [9, 9, 9] };
    const values: InputColumn = { type: 'string', cells: ['a', 'b', 'c'] };
    const keys: InputColumn = { type: 'double', cells: [1, 1, 1] };
    expect(resultOver('first', [values], {}, one)).toBe('a');
    expect(resultOver('last', [values], {}, one)).toBe('c');
    expect(resultOver('min_by', [values, keys], {}, one)).toBe('a');
    expect(resultOver('max_by', [values, keys], {}, one)).toBe('a');
  });

  it('give null where the picked record has no value, but first and last pass it over', () => {
    const values: InputColumn = { type: 'double', cells: [null, 5, null] };
    const keys: InputColumn = { type: 'double', cells: [1, 2, 3] };
    expect(resultOver('min_by', [values, keys])).toBeNull();
    expect(resultOver('max_by', [values, keys])).toBeNull();
    expect(resultOver('first', [values])).toBe(5);
    expect(resultOver('last', [values])).toBe(5);
  });

  it('O4: keep the type of the value', () => {
    const all = ['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const;
    for (const type of all) {
      expect(aggregateOf('first').resultType([type])).toBe(type);
      expect(aggregateOf('max_by').resultType([type, 'string'])).toBe(type);
    }
    expect(aggregateOf('min_by').nullable([false, true])).toBe(true);
    expect(aggregateOf('min_by').nullable([false, false])).toBe(false);
  });
});
