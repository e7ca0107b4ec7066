import { describe, expect, it } from 'vitest';
import { growthsOf, growthText } from './growth.ts';
import type { Point } from './report.ts';

const point = (dimension: string, value: number, cpu: number, mib = 100): Point => {
  const median = {
    ...{ events: 100, eventsPerSecond: 1, cpuSecondsPerMillion: cpu, megabytesPerSecond: 1 },
    ...{ peakRssMib: mib, bytesPerFetch: 1, recordsPerFetch: 1, snapshots: 3, rows: 10 },
  };
  return { name: `${dimension}=${value}`, value, median, runs: [median] };
};

describe('the growth of a cost', () => {
  it('is the power of what it is measured over, from each point to the next', () => {
    const points = [point('overlap', 100, 16, 100), point('overlap', 10, 4, 100)];
    const sweeps = [{ dimension: 'overlap' as const, values: [100, 10] }];
    const found = growthsOf(points, sweeps).map(({ measure, exponent }) => [measure, exponent]);
    expect(found).toEqual([
      ['CPU-s a million', expect.closeTo(Math.log10(4))],
      ['peak MiB', 0],
    ]);
  });

  it('is pointed out where it is above one, and only there', () => {
    const points = [point('keys', 10, 1), point('keys', 100, 9), point('keys', 1000, 99)];
    const growths = growthsOf(points, [{ dimension: 'keys', values: [10, 100, 1000] }]);
    expect(growthText(growths)).toBe(
      'super-linear: CPU-s a million over keys from 100 to 1,000: 9.00 → 99.0 (as keys to the power of 1.04)\n',
    );
    expect(growthText(growths.filter(({ exponent }) => exponent < 1))).toBe(
      'nothing grows super-linearly; most does CPU-s a million over keys from 10 to 100: 1.00 → 9.00 (as keys to the power of 0.95)\n',
    );
  });

  it('is not asked of codecs, nor from nothing', () => {
    const points = [point('compression', 1, 1), point('compression', 4, 99)];
    expect(growthsOf(points, [{ dimension: 'compression', values: [1, 4] }])).toEqual([]);
    const disorder = [point('disorder', 0, 1), point('disorder', 5, 99)];
    expect(growthsOf(disorder, [{ dimension: 'disorder', values: [0, 5] }])).toEqual([]);
    expect(growthText([])).toBe('');
  });
});
