import { describe, expect, it } from 'vitest';
import type { Drain } from './drain.ts';
import { svgChart } from './plot.ts';
import { type BenchReport, comparisonText, medianOf } from './report.ts';
import { readSweep, valueText, workloadAt } from './sweep.ts';
import { WORKLOAD_W } from './workload.ts';

const drain = (eventsPerSecond: number, cpuSecondsPerMillion = 1): Drain => ({
  ...{ events: 100, eventsPerSecond, cpuSecondsPerMillion, megabytesPerSecond: 1 },
  ...{ peakRssMib: 200, bytesPerFetch: 1, recordsPerFetch: 1, snapshots: 3, rows: 10 },
});

const report = (...rates: number[]): BenchReport => ({
  ...{ workload: WORKLOAD_W, machine: { cores: 2, node: 'v26.10.0' }, latency: [] },
  points: rates.map((rate, i) => ({
    ...{ name: i === 0 ? '' : `keys=${i}`, value: null, runs: [] },
    median: drain(rate),
  })),
  sustainable: null,
});

describe('the report of a bench', () => {
  it('takes the run in the middle, with all of its numbers', () => {
    expect(medianOf([drain(300, 3), drain(100, 1), drain(200, 2)]).cpuSecondsPerMillion).toBe(2);
  });

  it('compares points of the same name as ratios, and says what was not there', () => {
    expect(comparisonText(report(300, 100), report(200)).split('\n')).toEqual([
      'workload: events/s ×1.50, CPU ×1.00, peak RSS ×1.00',
      'keys=1: not measured before',
      '',
    ]);
  });

  it('warns when the workloads were not the same', () => {
    const other = { ...report(200), workload: { ...WORKLOAD_W, keys: 7 } };
    expect(comparisonText(report(300), other)).toContain('the workloads differ');
  });
});

describe('a sweep', () => {
  it('changes one thing', () => {
    const { dimension, values } = readSweep('overlap=1,60');
    expect(values).toEqual([1, 60]);
    expect(workloadAt(WORKLOAD_W, dimension, 60)).toEqual({ ...WORKLOAD_W, windowMs: 3_600_000 });
  });

  it('has codecs by name, and shows them so', () => {
    const { dimension, values } = readSweep('compression=none,zstd');
    const changed = values.map((value) => workloadAt(WORKLOAD_W, dimension, value).compression);
    expect(changed).toEqual(['none', 'zstd']);
    expect(values.map((value) => valueText(dimension, value))).toEqual(['none', 'zstd']);
    expect(valueText('keys', 100)).toBe('100');
  });

  it.each(['speed=1', 'keys', 'keys=', 'keys=1,x', 'compression=gzip,1'])(
    'is not read from %s',
    (text) => {
      expect(() => readSweep(text)).toThrow('NAME=NUMBER');
    },
  );
});

describe('a chart', () => {
  const chart = { title: 'a<b', xTitle: 'keys', yTitle: 'rate' };

  it('escapes its texts and puts the greatest value at the top', () => {
    const svg = svgChart({
      ...chart,
      points: [
        { x: 1, y: 0, label: '1' },
        { x: 2, y: 100, label: 'gzip' },
      ],
    });
    expect(svg).toContain('a&#60;b');
    expect(svg).toContain('points="72,272 624,36"');
    expect(svg).toContain('>gzip</text>');
  });

  it('is logarithmic over wide ranges', () => {
    const points = [1, 10, 100].map((x) => ({ x, y: 100, label: String(x) }));
    expect(svgChart({ ...chart, points })).toContain('points="72,36 348,36 624,36"');
  });
});
