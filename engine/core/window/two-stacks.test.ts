import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { layoutOf } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import type { GroupTable } from './group-table.ts';
import { PaneList } from './pane-list.ts';
import { TwoStacks } from './two-stacks.ts';

const layout = layoutOf([{ kind: 'rows', slots: [], types: [] }]);

/** One more record of `key` in `pane`. */
function addRecord(panes: PaneList, pane: number, key: number): void {
  const { all } = panes.open(pane);
  const { records } = all.rows;
  const row = all.rowOf(key);
  (row < records.length ? records : all.rows.records)[row] = (all.rows.records[row] ?? 0) + 1;
}

function totals(tables: readonly GroupTable[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { length, keys, rows } of tables) {
    for (let row = 0; row < length; row++) {
      const key = keys[row] as number;
      counts[key] = (counts[key] ?? 0) + (rows.records[row] as number);
    }
  }
  return counts;
}

describe('two stacks', () => {
  it('give the sums that adding up the panes gives, whatever windows are left out', () => {
    const pane = fc.record({ pane: fc.nat(40), key: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(pane, { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        (records, size, step, asked) => {
          const panes = new PaneList(layout);
          for (const { pane, key } of records) addRecord(panes, pane, key);
          const stacks = new TwoStacks(layout);
          for (let window = 0; window * step < 45; window++) {
            if (asked[window] === false) continue;
            const from = window * step;
            const naive: Record<number, number> = {};
            for (const { pane, key } of records) {
              if (pane >= from && pane < from + size) naive[key] = (naive[key] ?? 0) + 1;
            }
            const tables = stacks.window(panes, from, from + size);
            expect(tables.length).toBeLessThanOrEqual(2);
            expect(totals(tables)).toEqual(naive);
            panes.dropBelow(from + step);
          }
        },
      ),
    );
  });

  it('merge a constant number of groups a window, however many panes it has', () => {
    const keys = 10;
    const merged = (size: number): number => {
      const panes = new PaneList(layout);
      for (let pane = 0; pane < 600; pane++) {
        for (let key = 0; key < keys; key++) addRecord(panes, pane, key);
      }
      let rows = 0;
      const merge = vi.spyOn(StateRows.prototype, 'merge').mockImplementation((_, { count }) => {
        rows += count;
      });
      const stacks = new TwoStacks(layout);
      for (let window = 0; window < 500; window++) {
        stacks.window(panes, window, window + size);
        panes.dropBelow(window + 1);
      }
      merge.mockRestore();
      return rows / 500 / keys;
    };
    expect(merged(60)).toBeLessThan(2.1);
    expect(merged(10)).toBeLessThan(2.1);
    expect(merged(1)).toBe(0);
  });
});
