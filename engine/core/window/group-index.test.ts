import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupIndex } from './group-index.ts';

describe('group index', () => {
  it('numbers groups in order of arrival, whatever runs and generations come', () => {
    const group = fc.record({
      // Groups come again, and there are enough for the table to grow.
      key: fc.oneof(fc.nat(20), fc.nat(300)),
      pane: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(28_000_000, 2 ** 40 + 1)),
      skip: fc.nat(2),
    });
    const slice = fc.array(group, { maxLength: 900 });
    fc.assert(
      fc.property(fc.array(slice, { maxLength: 4 }), (slices) => {
        const index = new GroupIndex();
        for (const slice of slices) {
          const naive = new Map<string, number>();
          for (const { key, pane, skip } of slice) {
            const name = `${String(key)}/${String(pane)}/${String(skip)}`;
            const row = naive.get(name) ?? naive.size;
            naive.set(name, row);
            expect(index.rowOf(key, pane, skip)).toBe(row);
            expect([index.keys[row], index.panes[row], index.skips[row]]).toEqual([
              key,
              pane,
              skip,
            ]);
          }
          index.clear();
        }
      }),
      // Thousands of records take long to make fewer.
      { endOnFailure: true },
    );
  });
});
