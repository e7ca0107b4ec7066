import { describe, expect, it } from 'vitest';
import { estimateState } from '../../engine/plan/state-size.ts';
import { openWindowState, type StateRecord } from './window-state.ts';

const START = Date.parse('2024-03-28T12:00:00Z');
const MOMENTS = '{ n: count(), mean: avg(value), variance: var_samp(value), most: max(value) }';

interface Filling {
  readonly keys: number;
  readonly paneMs: number;
  readonly values?: number;
}

/** State with as many panes as the estimate counts, and what it is estimated at. */
function filled(window: string, aggregate: string, { keys, paneMs, values = 1 }: Filling) {
  const state = openWindowState(window, aggregate);
  const { panes, bytes } = estimateState(state.node, { keys }, 0);
  for (let pane = 0; pane < panes; pane++) {
    const records: StateRecord[] = [];
    for (let i = 0; i < keys * values; i++) {
      const key = `Station-${String(i % keys).padStart(7, '0')}`;
      records.push({ key, at: START + pane * paneMs, value: Math.floor(i / keys) * 1.37 });
    }
    state.merge(records);
  }
  return { state, panes, bytes };
}

const hour = { window: '{ tumbling: 1h }', paneMs: 3_600_000 };

describe('the estimate of state', () => {
  it.each([
    { ...hour, keys: 1_000, aggregate: MOMENTS },
    { ...hour, keys: 5_000, aggregate: MOMENTS },
    { ...hour, keys: 9_000, aggregate: '{ n: count() }' },
    { ...hour, keys: 5_000, aggregate: '{ last: max(key) }' },
    { keys: 500, window: '{ sliding: 1h, every: 1m }', aggregate: MOMENTS, paneMs: 60_000 },
    { keys: 5_000, window: '{ session: 10m, max: 1d }', aggregate: MOMENTS, paneMs: 700_000 },
    { keys: 5_000, window: '{ count: 10 }', aggregate: MOMENTS, paneMs: 1_000, values: 5 },
    { ...hour, keys: 20, aggregate: '{ half: median(value) }', values: 500 },
    { ...hour, keys: 20, aggregate: '{ d: "count_distinct(value, 200)" }', values: 200 },
    { ...hour, keys: 20, aggregate: '{ d: approx_count_distinct(value) }', values: 2_000 },
    { ...hour, keys: 20, aggregate: '{ l: "collect_list(value, 100)" }', values: 100 },
    { ...hour, keys: 20, aggregate: '{ l: "collect_set(value, 100)" }', values: 100 },
  ])('is within a factor of 1.5 of $window $aggregate with $keys keys', (one) => {
    const { state, bytes } = filled(one.window, one.aggregate, one);
    const ratio = state.sizeBytes() / bytes;
    expect(ratio).toBeGreaterThan(1 / 1.5);
    expect(ratio).toBeLessThan(1.5);
  });

  it('has the panes of windows that close as event time goes on, and one more at most', () => {
    const state = openWindowState('{ sliding: 10m, every: 1m, grace: 2m }', '{ n: count() }');
    const { store } = state.runtimes.windows[0] as (typeof state.runtimes.windows)[number];
    const { panes } = estimateState(state.node, { keys: 1 }, 0);
    let most = 0;
    for (let second = 0; second < 3_000; second += 7) {
      const at = START + second * 1000;
      state.merge([{ key: 'a', at, value: 1 }]);
      state.close(at);
      most = Math.max(most, store.openGroups().contributions === 0 ? 0 : panesOf(store));
    }
    expect(panes - most).toBeGreaterThanOrEqual(0);
    expect(panes - most).toBeLessThanOrEqual(1);
  });
});

/** Panes in a snapshot of a store: all parts but the first. */
function panesOf(store: { snapshot(): { parts: Iterable<unknown>; release: () => void } }): number {
  const { parts, release } = store.snapshot();
  const count = [...parts].length - 1;
  release();
  return count;
}
