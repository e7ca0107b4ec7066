import { describe, expect, it } from 'vitest';
import type { Frame, SourceEvent, SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { describeSource, eventsOf, framesIn, recordsOf } from '../source-contract.suite.ts';
import { simulateSource, type SimulateConfig } from './simulate.ts';
import { apparentTemperature } from './weather.ts';

const START = Date.UTC(2024, 2, 27, 23);
const weather = (change: Partial<SimulateConfig> = {}): SimulateConfig =>
  ({
    ...{
      scenario: 'weather',
      spanMs: 3_600_000,
      everyMs: 30_000,
      seed: 1,
      startMs: START,
      pace: 0,
    },
    ...change,
  }) as SimulateConfig;
const sensors = (change: Partial<SimulateConfig> = {}): SimulateConfig =>
  ({
    ...{ scenario: 'sensors', spanMs: 60_000, rate: 100, seed: 1, startMs: START, partitions: 3 },
    ...{ keys: 30, distribution: 'uniform', disorderMs: 0, pace: 0 },
    ...change,
  }) as SimulateConfig;
const open = (config: SimulateConfig): SourcePort =>
  simulateSource({ connector: { kind: 'simulate', config, connection: null } } as SourceNode);

const events = async (source: SourcePort): Promise<SourceEvent[]> =>
  eventsOf(source, new Map(), () => false);

/** Lines of each partition. */
function textByPartition(frames: readonly Frame[]): Map<number, string> {
  const texts = new Map<number, string>();
  for (const frame of frames) {
    for (const [partition, records] of recordsOf(frame, 'lines')) {
      const text = records.map((record) => `${record}\n`).join('');
      texts.set(partition, (texts.get(partition) ?? '') + text);
    }
  }
  return texts;
}

interface Reading {
  date: string;
  city: string;
  temperature: number;
  feels_like: number;
}
const readings = (text: string): Reading[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reading);

function recordsByPartition(frames: readonly Frame[]): Map<number, string[]> {
  return new Map([...textByPartition(frames)].map(([p, text]) => [p, text.trimEnd().split('\n')]));
}

for (const [name, config] of [
  ['simulated weather', weather({ spanMs: 2 * 3_600_000 })],
  ['simulated sensors', sensors({ spanMs: 60_000 })],
] as const) {
  const records = events(open(config)).then((all) => recordsByPartition(framesIn(all)));
  describeSource(name, {
    framing: 'lines',
    bounded: true,
    place: async () => ({
      source: () => open(config),
      records: await records,
      remove: async () => undefined,
    }),
  });
}

describe('the simulated weather', () => {
  it('has the shape of the original readings, in local time', async () => {
    const texts = textByPartition(framesIn(await events(open(weather()))));
    const [line = ''] = (texts.get(0) ?? '').split('\n');
    expect(line).toMatch(
      /^\{"date": "2024-03-28 00:00:00", "city": "Paris", "lon": 2\.3522, "lat": 48\.8566, "temperature": -?[\d.]+, "feels_like": -?[\d.]+\}$/,
    );
  });

  it('has one reading per city and round', async () => {
    const all = [...textByPartition(framesIn(await events(open(weather())))).values()];
    const perCity = new Map<string, number>();
    for (const { city } of all.flatMap(readings)) {
      perCity.set(city, (perCity.get(city) ?? 0) + 1);
    }
    expect(perCity.size).toBe(12);
    expect(new Set(perCity.values())).toEqual(new Set([120]));
  });

  it('is 34,560 readings for a day every 30 s', async () => {
    const ends = await open(weather({ spanMs: 24 * 3_600_000 })).ends();
    expect([...ends.values()].reduce((sum, end) => sum + end, 0)).toBe(34_560);
  });

  it('skips the hour that daylight saving skips', async () => {
    const startMs = Date.UTC(2024, 2, 31, 0, 59, 30);
    const texts = textByPartition(
      framesIn(await events(open(weather({ startMs, spanMs: 60_000 })))),
    );
    const dates = readings(texts.get(0) ?? '').map(({ date }) => date);
    expect([dates[0], dates.at(-1)]).toEqual(['2024-03-31 01:59:30', '2024-03-31 03:00:00']);
  });

  it('is plausible: warmer after noon than before dawn, everywhere between -15 and 40', async () => {
    const texts = textByPartition(
      framesIn(await events(open(weather({ spanMs: 7 * 86_400_000, everyMs: 600_000 })))),
    );
    const all = [...texts.values()].flatMap(readings);
    const mean = (hour: string): number => {
      const some = all.filter(({ date }) => date.slice(11, 13) === hour);
      return some.reduce((sum, { temperature }) => sum + temperature, 0) / some.length;
    };
    expect(mean('15') - mean('05')).toBeGreaterThan(3);
    const temperatures = all.map(({ temperature }) => temperature);
    expect(temperatures.every((t) => t > -15 && t < 40)).toBe(true);
  });

  it('differs by seed, and says so in its identity', async () => {
    const one = textByPartition(framesIn(await events(open(weather()))));
    const two = textByPartition(framesIn(await events(open(weather({ seed: 2 })))));
    expect(one.get(0)).not.toBe(two.get(0));
    expect(await open(weather()).identity()).not.toBe(await open(weather({ seed: 2 })).identity());
    const longer = await open(weather({ spanMs: 7_200_000 })).identity();
    expect(longer).toBe(await open(weather()).identity());
  });

  it('has the same bytes at a pace, in frames of what is due together', async () => {
    const whole = textByPartition(framesIn(await events(open(weather({ spanMs: 600_000 })))));
    const paced = framesIn(await events(open(weather({ spanMs: 600_000, pace: 2000 }))));
    // Sixteen rounds at once, four more after their 60 ms.
    expect(paced).toHaveLength(2);
    expect(textByPartition(paced)).toEqual(whole);
  });

  it('feels as the published formula says', () => {
    // Worked by hand: e = 0.5 · 6.105 · exp(17.27·30/267.7) = 21.14 hPa; 30 + 6.98 − 2.1 − 4.
    expect(apparentTemperature(30, 3, 50)).toBeCloseTo(30.88, 2);
    expect(apparentTemperature(5, 10, 80)).toBeLessThan(0);
  });
});

describe('simulated sensors', () => {
  interface Sample {
    at: number;
    sensor: string;
  }
  const samples = async (config: SimulateConfig): Promise<Sample[]> =>
    [...textByPartition(framesIn(await events(open(config)))).values()].flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Sample),
    );

  it('come at the rate asked for', async () => {
    expect(await samples(sensors())).toHaveLength(6000);
  });

  it('keep every sensor in one partition', async () => {
    const partitions = new Map<string, Set<number>>();
    for (const [p, text] of textByPartition(framesIn(await events(open(sensors()))))) {
      for (const [, name = ''] of text.matchAll(/"sensor": "(s\d+)"/g)) {
        partitions.set(name, (partitions.get(name) ?? new Set()).add(p));
      }
    }
    expect(partitions.size).toBe(30);
    expect([...partitions.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('follow the law of Zipf when told to', async () => {
    const count = new Map<string, number>();
    for (const { sensor } of await samples(sensors({ distribution: 'zipf' }))) {
      count.set(sensor, (count.get(sensor) ?? 0) + 1);
    }
    const [first = 0, second = 0] = [count.get('s00000'), count.get('s00003')];
    expect(first / second).toBeGreaterThan(1.6);
    expect(first / second).toBeLessThan(2.5);
  });

  it('are as many as asked for, however many partitions there are', async () => {
    for (const keys of [1, 2, 7, 30]) {
      const found = new Set((await samples(sensors({ keys }))).map(({ sensor }) => sensor));
      expect([...found].toSorted()).toEqual(
        Array.from({ length: keys }, (_, key) => `s${String(key).padStart(5, '0')}`),
      );
    }
  });

  it('are out of order by no more than asked for', async () => {
    const ordered = await samples(sensors({ partitions: 1 }));
    const disturbed = await samples(sensors({ partitions: 1, disorderMs: 5000 }));
    const shifts = disturbed.map(({ at }, i) => (ordered[i]?.at ?? NaN) - at);
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shifts)).toBeLessThan(5000);
    expect(disturbed.some(({ at }, i) => i > 0 && at < (disturbed[i - 1]?.at ?? NaN))).toBe(true);
  });
});
