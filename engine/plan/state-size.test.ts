import { describe, expect, test } from 'vitest';
import { definition, planned } from './definition.fixture.ts';
import type { WindowNode } from './planner.ts';
import { estimateState, stateOf } from './state-size.ts';

const node = (
  window: string,
  aggregate = '{ n: count() }',
  group = 'group_by: [city], ',
): WindowNode =>
  planned(
    definition({
      stages: `w: { from: readings, window: ${window}, ${group}aggregate: ${aggregate} }`,
      sinks: 'out: { from: w, stdout: {} }',
    }),
  ).stages[0] as WindowNode;

const limits = { keys: 1_024 };
const panesOf = (window: string, outOfOrderMs = 0): number =>
  estimateState(node(window), limits, outOfOrderMs).panes;
const bytesOf = (aggregate: string, window = '{ tumbling: 10m }'): number =>
  estimateState(node(window, aggregate), limits, 0).bytes;

describe('the panes that may be open at once', () => {
  test('are a tumbling window and the next one', () => {
    expect(panesOf('{ tumbling: 10m }')).toBe(2);
  });

  test('grow with grace and with what may be out of order', () => {
    expect(panesOf('{ tumbling: 10m, grace: 10m }')).toBe(3);
    expect(panesOf('{ tumbling: 10m }', 1)).toBe(3);
  });

  test('are those that sliding windows share, also where the slide does not divide the size', () => {
    expect(panesOf('{ sliding: 1h, every: 5m }')).toBe(13);
    expect(panesOf('{ sliding: 25s, every: 10s }')).toBe(6);
  });

  test('are sessions of a key, which are a gap apart at least', () => {
    expect(panesOf('{ session: 10m, max: 1d, grace: 5m }')).toBe(3);
    expect(panesOf('{ session: 10m, max: 1d, grace: 5m }', 3_600_000)).toBe(9);
  });

  test('are one for the whole input, whatever is out of order', () => {
    expect(panesOf('{ whole: true }', 3_600_000)).toBe(1);
  });
});

describe('the bytes of state', () => {
  test('are 16 a group and 8 for each number of its aggregates, beside the keys', () => {
    const [plain, variance] = [bytesOf('{ n: count() }'), bytesOf('{ v: var_samp(t) }')];
    expect(variance - plain).toBe(1_024 * 2 * 3 * 8);
    const keys = plain - 1_024 * 2 * 16;
    expect(keys).toBe(1_024 * 60);
    const three = estimateState(node('{ tumbling: 10m, grace: 10m }'), limits, 0);
    expect(three.bytes - plain).toBe(1_024 * 16);
  });

  test('are those of columns that double as they grow', () => {
    const at = (keys: number): number =>
      estimateState(node('{ tumbling: 10m }'), { keys }, 0).bytes;
    expect(at(1_025) - at(1_024)).toBe(1_024 * (2 * 16 + 12) + 48);
    expect(at(1_026) - at(1_025)).toBe(48);
  });

  test('count the newest panes of a sliding window once more', () => {
    const one = bytesOf('{ n: count() }', '{ sliding: 20m, every: 10m }');
    const three = bytesOf('{ n: count() }', '{ tumbling: 10m, grace: 20m }');
    // Three panes and the merged one; four panes.
    expect(one).toBe(three);
  });

  test('of one group of all do not depend on the limit of keys', () => {
    const { keys, bytes } = estimateState(
      node('{ tumbling: 1m }', '{ n: count() }', ''),
      limits,
      0,
    );
    expect([keys, bytes]).toEqual([1, 2 * 16 * 16]);
  });

  test('count 512 values for percentiles, whatever their number, and text', () => {
    const plain = bytesOf('{ n: count() }');
    const aggregate = "{ v: median(t), w: 'approx_percentile(t, 0.9)' }";
    expect(bytesOf(aggregate) - plain).toBe(1_024 * 2 * (8 + 96 + 512 * 8));
    expect(bytesOf('{ m: max(region) }') - plain).toBe(1_024 * 2 * (8 + 44));
  });
});

test('the state of a stage waits as long as its source says, but not above another window', () => {
  const plan = planned(
    definition({
      stages: `w: { from: warm, window: { tumbling: 10s }, group_by: [city], aggregate: { n: count() } }
warm: { from: readings, where: t > 0 }
upper: { from: w, window: { tumbling: 10s }, group_by: [city], aggregate: { n: sum(n) } }`,
      sinks: 'out: { from: upper, stdout: {} }',
    }),
  );
  const panes = (name: string): number =>
    stateOf(plan.stages.find((stage) => stage.name === name) as WindowNode, plan).panes;
  expect([panes('w'), panes('upper')]).toEqual([3, 2]);
});
