import { describe, expect, it } from 'vitest';
import type { LatencyResult } from './latency.ts';
import { searchSustainable, type Trial } from './sustain.ts';

const resultOf = (eventsPerSecond: number, p99: number, senderBehindMs = 5): LatencyResult => ({
  ...{ eventsPerSecond, senderBehindMs, windows: 10 },
  latencies: { count: 400, p50: p99 / 4, p90: p99 / 2, p99, p999: p99, max: p99 },
});

async function search(
  measure: (rate: number) => LatencyResult | null,
): Promise<{ found: number; bySender: boolean; trials: Trial[] }> {
  const trials: Trial[] = [];
  const { eventsPerSecond, bySender } = await searchSustainable(
    { from: 1000, limitMs: 100, steps: 8 },
    (rate) => Promise.resolve(measure(rate)),
    (trial) => trials.push(trial),
  );
  return { found: eventsPerSecond, bySender, trials };
}

describe('the search for the highest rate', () => {
  it('doubles up to the first rate that is too much, then halves', async () => {
    const { found, trials } = await search((rate) => resultOf(rate, rate <= 5_300 ? 20 : 900));
    expect(trials.map(({ eventsPerSecond }) => eventsPerSecond)).toEqual([
      1000, 2000, 4000, 8000, 6000, 5000, 5500, 5250, 5375,
    ]);
    expect(found).toBe(5250);
  });

  it('takes rows that never came for too slow', async () => {
    const { found, bySender } = await search((rate) => (rate <= 3_000 ? resultOf(rate, 20) : null));
    expect(found).toBe(3_000);
    expect(bySender).toBe(false);
  });

  it('says when it was the sender that could not go on', async () => {
    const { bySender } = await search((rate) => resultOf(rate, 20, rate <= 2_000 ? 5 : 4_000));
    expect(bySender).toBe(true);
  });

  it('finds nothing where even little is too much', async () => {
    expect((await search((rate) => resultOf(rate, 2_000))).found).toBe(0);
  });
});
