import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupIndex } from './group-index.ts';

describe('group index', () => {
  it('numbers groups in order of arrival, whatever runs and generations come', () => {
    // Groups come again, and there are enough for the table to grow.
    const run = fc.record({
      keys: fc.array(fc.oneof(fc.nat(20), fc.nat(2_000)), { maxLength: 900 }),
      pane: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(28_000_000, 2 ** 40 + 1)),
      skip: fc.nat(1),
    });
    const slice = fc.array(run, { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(slice, { maxLength: 4 }), (slices) => {
        const index = new GroupIndex();
        for (const slice of slices) {
          const naive = new Map<string, number>();
          for (const { keys, pane, skip } of slice) {
            for (const key of keys) {
              const name = `${String(key)}/${String(pane)}/${String(skip)}`;
              const row = naive.get(name) ?? naive.size;
              naive.set(name, row);
              const found = index.rowOf(key, pane, skip);
              const group = [index.keys[found], index.panes[found], index.skips[found]].join('/');
              if (found !== row || group !== name) expect([found, group]).toEqual([row, name]);
            }
          }
          for (const [name, row] of naive) {
            expect([index.keys[row], index.panes[row], index.skips[row]].join('/')).toBe(name);
          }
          index.clear();
        }
      }),
      // Thousands of records take long to make fewer.
      { endOnFailure: true },
    );
  });
});
