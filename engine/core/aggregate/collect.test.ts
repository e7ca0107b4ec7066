import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnType } from '../batch.ts';
import { arrayText } from '../array.ts';
import { cuts, type Origin, resultOf, resultOver } from './aggregate.fixture.ts';
import { aggregateOf } from './registry.ts';

interface Record {
  readonly cell: Cell;
  readonly partition: number;
  readonly time: number;
}

const recordsOf = (cell: fc.Arbitrary<Cell>): fc.Arbitrary<Record[]> =>
  fc.array(fc.record({ cell, partition: fc.nat(2), time: fc.nat(6) }), { maxLength: 40 });
const columns: fc.Arbitrary<{ type: 'double' | 'string'; records: Record[] }> = fc.oneof(
  recordsOf(fc.option(fc.oneof(fc.nat(5), fc.constantFrom(-0, 0, NaN, 1.5)))).map((records) => ({
    ...{ type: 'double' as const, records },
  })),
  recordsOf(fc.option(fc.constantFrom('', 'a', 'b', 'é', '"', '\u{1f600}', 'null'))).map(
    (records) => ({ ...{ type: 'string' as const, records } }),
  ),
);

/** Offsets of a partition rise in the order that records stand in. */
function originOf(records: readonly Record[]): Origin {
  const next = new Map<number, number>();
  const offsets = records.map(({ partition }) => {
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    return offset;
  });
  return {
    partitions: records.map(({ partition }) => partition),
    eventTimes: records.map(({ time }) => time),
    offsets,
  };
}

/** All values in the order of O1, then what is kept of them. */
function naive(type: 'double' | 'string', records: readonly Record[], cap: number, set: boolean) {
  const { offsets } = originOf(records);
  const inOrder = records
    .map((record, i) => ({ ...record, offset: offsets[i] as number }))
    .filter(({ cell }) => cell !== null)
    .toSorted((a, b) => a.time - b.time || a.partition - b.partition || a.offset - b.offset)
    .map(({ cell }) => (typeof cell === 'number' ? cell + 0 : cell));
  const values = set ? [...new Set(inOrder)] : inOrder;
  return values.length === 0 ? null : arrayText(type, values.slice(0, cap));
}

describe.each(['collect_list', 'collect_set'] as const)('%s', (name) => {
  it('O1: holds the first values in the order of records, however they are cut and merged', () => {
    fc.assert(
      fc.property(columns, cuts, fc.integer({ min: 1, max: 8 }), ({ type, records }, cut, cap) => {
        const cells = records.map(({ cell }) => cell);
        const input = [{ type, cells }];
        const result = resultOver(name, input, { ...cut, parameter: cap }, originOf(records));
        expect(result).toBe(naive(type, records, cap, name === 'collect_set'));
      }),
    );
  });

  it('is null without any value', () => {
    expect(resultOf(name, 'int', [null, null], { parameter: 3 })).toBeNull();
  });

  it.each<[ColumnType, Cell[], string]>([
    ['int', [3, 1], '[3,1]'],
    ['bool', [1, 0], '[true,false]'],
    ['float', [Math.fround(0.1)], '[0.1]'],
    ['timestamp', [0], '["1970-01-01T00:00:00Z"]'],
    ['string', ['a"b'], '["a\\"b"]'],
  ])('keeps the type of %s', (type, cells, text) => {
    expect(resultOf(name, type, cells, { parameter: 5 })).toBe(text);
    expect(aggregateOf(name).resultType([type])).toBe(`array<${type}!>`);
  });

  it('takes no arrays, and no cap beyond reason', () => {
    const aggregate = aggregateOf(name);
    expect(aggregate.accepts('array<int>', 0)).toBe(false);
    const caps = [0, 1, 1.5, 10_000, 10_001];
    expect(caps.map((cap) => aggregate.parameter?.accepts(cap))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
  });
});
