import { describe, expect, it } from 'vitest';
import { type Figures, goalTable, judge } from './judge.ts';

const met: Figures = {
  ...{ engine: 1_000_000, nothing: 1_100_000, sliding: 980_000, keys: 800_000 },
  ...{ cpuSecondsPerMillion: 1.1, peakRssMib: 190, snapshots: 3, startMs: 1500 },
  ...{ sinkRowsPerSecond: 80_000, latency: { p50: 20, p99: 100 } },
  peers: { 'kafka-streams': 300_000, flink: 150_000, spark: 100_000 },
};

const missed = (change: Partial<Figures>): string[] =>
  judge({ ...met, ...change })
    .filter((goal) => goal.met === false)
    .map(({ goal, measured }) => `${goal} (${measured})`);

describe('the goals', () => {
  it('are met at their bounds', () => {
    expect(judge(met).map((goal) => goal.met)).toEqual(Array(13).fill(true));
  });

  it.each<[Partial<Figures>, string]>([
    [{ nothing: 1_200_000 }, 'W as a share of fetching and discarding it: at least 0.85 (0.83)'],
    [{ sliding: 940_000 }, 'sliding 60 min / 1 min as a share of tumbling: at least 0.95 (0.94)'],
    [{ keys: 690_000 }, '10,000 keys, windows of an hour, as a share of 40: at least 0.7 (0.69)'],
    [{ cpuSecondsPerMillion: 1.11 }, 'CPU seconds a million events: at most 1.1 (1.11)'],
    [{ peakRssMib: 191 }, 'peak RSS: at most 200 MB (200 MB)'],
    [{ snapshots: 2 }, 'snapshots in each of these runs: at least 3 (2)'],
    [{ startMs: 1501 }, 'from the start to the first row: at most 1500 ms (1501 ms)'],
    [
      { latency: { p50: 21, p99: 99 } },
      'latency at a quarter of the rate, p50: at most 20 ms (21 ms)',
    ],
    [{ sinkRowsPerSecond: 79_000 }, 'window rows a second into Cassandra: at least 80 k (79 k)'],
    [{ peers: { flink: 170_000 } }, 'times as fast as flink: at least 6 (5.88)'],
  ])('are missed one at a time: %j', (change, text) => {
    expect(missed(change)).toEqual([text]);
  });

  it('say what was not measured, and nothing of peers that were not there', () => {
    const table = goalTable(judge({ ...met, latency: null, peers: {} }));
    expect(table).toContain(
      '| latency at a quarter of the rate, p50: at most 20 ms | – | not measured |',
    );
    expect(table).not.toContain('times as fast');
  });
});
