import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fixedGrid } from './grid.ts';
import { PaneRuns } from './pane-runs.ts';

it('tells the pane of every record, and begins a run only where it changes', () => {
  const runs = new PaneRuns();
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 20 }),
      (times, paneMs) => {
        const grid = fixedGrid(paneMs, 3);
        // Every other row is selected.
        const wide = Float64Array.from(times.flatMap((time) => [NaN, time]));
        const selection = {
          rows: Int32Array.from(times, (_, i) => 2 * i + 1),
          count: times.length,
        };
        const { length, panes, ends } = runs.find(grid, selection, wide);
        const found = Array.from({ length }, (_, run) => {
          const count = (ends[run] as number) - (run === 0 ? 0 : (ends[run - 1] as number));
          expect(count).toBeGreaterThan(0);
          if (run > 0) expect(panes[run]).not.toBe(panes[run - 1]);
          return new Array<number>(count).fill(panes[run] as number);
        });
        expect(found.flat()).toEqual(times.map((time) => Math.floor((time - 3) / paneMs)));
      },
    ),
  );
});
