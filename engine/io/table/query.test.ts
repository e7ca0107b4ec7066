import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCells, matches, type Condition, type StoredCell } from './condition.ts';
import { collect, type TableScan } from './query.ts';

const columns = [
  { name: 'a', type: 'int' as const },
  { name: 'b', type: 'int' as const },
];

const scanOf = (rows: Iterable<readonly StoredCell[]>): TableScan => ({
  columns,
  key: ['a'],
  rows,
  note: null,
});

const rowsOf = fc.array(fc.tuple(fc.nat(4), fc.option(fc.nat(4))), { maxLength: 30 });

describe('collecting rows', () => {
  it('is filter, sort and slice', async () => {
    const conditions: Condition[] = [{ column: 'b', operator: '>=', value: 1 }];
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.integer({ min: 1, max: 12 }), async (rows, limit) => {
        const { rows: found, more } = await collect(scanOf(rows), {
          conditions,
          orderBy: ['b', 'a'],
          limit,
        });
        const all = rows
          .filter(([, b]) => matches(b, conditions[0]!))
          .sort((x, y) => compareCells(x[1], y[1]) || compareCells(x[0], y[0]));
        expect(found).toEqual(all.slice(0, limit));
        expect(more).toBe(all.length > limit);
      }),
    );
  });

  it('reads no further than it needs when the order is the store’s', async () => {
    let read = 0;
    function* endless(): Generator<readonly StoredCell[]> {
      for (;;) yield [read++, 1];
    }
    const found = await collect(scanOf(endless()), { conditions: [], orderBy: [], limit: 5 });
    expect(found.rows.map(([a]) => a)).toEqual([0, 1, 2, 3, 4]);
    expect(found.more).toBe(true);
    expect(read).toBe(6);
  });

  it('keeps all rows without a limit', async () => {
    const rows = [[2, 1] as const, [1, 1] as const];
    const found = await collect(scanOf(rows), { conditions: [], orderBy: [], limit: Infinity });
    expect(found).toEqual({ rows, matched: 2, more: false });
  });
});
