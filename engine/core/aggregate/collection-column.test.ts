import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollectionColumn } from './collection-column.ts';
import { quantileKind, quantilesOf } from './quantiles.ts';

/** Something that happens to one of two columns of three rows. */
interface Step {
  readonly kind: 'add' | 'merge' | 'copy' | 'pack';
  readonly column: 0 | 1;
  readonly row: number;
  /** Of the other column, for merges. */
  readonly from: number;
  readonly value: number;
}

const ROWS = 3;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('add', 'add', 'merge', 'copy', 'pack'),
  column: fc.constantFrom(0, 1),
  row: fc.nat(ROWS - 1),
  from: fc.nat(ROWS - 1),
  value: fc.nat(9),
});

type Pair<T> = [T, T];

/** The columns, and beside them the values of their rows. */
interface World {
  readonly columns: Pair<CollectionColumn>;
  readonly naive: Pair<number[][]>;
}

function take({ columns, naive }: World, { kind, column, row, from, value }: Step): void {
  const other = column === 0 ? 1 : 0;
  const own = columns[column];
  if (kind === 'add') {
    quantilesOf(own.own(row)).add(value);
    naive[column][row]?.push(value);
  } else if (kind === 'merge') {
    own.merge(columns[other], { into: Int32Array.of(row), from: Int32Array.of(from), count: 1 });
    naive[column][row]?.push(...(naive[other][from] ?? []));
  } else if (kind === 'copy') {
    columns[other] = own.clone();
    naive[other] = naive[column].map((values) => values.slice());
  } else {
    columns[column] = new CollectionColumn(quantileKind).decode(own.encode(ROWS));
  }
}

const valuesOf = (column: CollectionColumn): number[][] =>
  Array.from({ length: ROWS }, (_, row) => {
    const held = column.at(row);
    const values: number[] = [];
    for (let rank = 0; held !== null; rank++) {
      const value = quantilesOf(held).valueAt(rank);
      if (Number.isNaN(value)) break;
      values.push(value);
    }
    return values;
  });

const open = (): CollectionColumn => new CollectionColumn(quantileKind);
const nothing = (): number[][] => Array.from({ length: ROWS }, () => []);

describe('a column of collections', () => {
  it('shares what it holds, and yet a row changes only by what happens to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const world: World = { columns: [open(), open()], naive: [nothing(), nothing()] };
        for (const one of steps) {
          take(world, one);
          const sorted = world.naive.map((rows) =>
            rows.map((all) => all.toSorted((a, b) => a - b)),
          );
          expect(world.columns.map(valuesOf)).toEqual(sorted);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('knows the size of what was merged', () => {
    const [column, other] = [open(), open()];
    for (let i = 0; i < 10; i++) quantilesOf(other.own(0)).add(i);
    const pairs = { into: Int32Array.of(0), from: Int32Array.of(0), count: 1 };
    column.merge(other, pairs);
    expect(column.sizeBytes).toBe(96 + 80);
    column.merge(other, pairs);
    expect([column.sizeBytes, column.clone().sizeBytes]).toEqual([96 + 160, 96 + 160]);
    column.clear();
    expect([column.sizeBytes, column.at(0)]).toEqual([0, null]);
  });
});
