import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project, networksPipeline } from './project.fixture.ts';

// Days over the hours of two networks: a window over windows, over a union of two sources, no servers.
const project = new Project();

const days = `
  days:
    from: hours
    window: { tumbling: 1d }
    group_by: [station]
    aggregate: { hours: count(), n: sum(n), mean: avg(mean), highest: max(highest) }

sinks:
  network_days: { from: days, cassandra: { table: network_days, primary_key: [[station], window_start] } }
`;

beforeAll(async () => {
  const [head = '', tail = ''] = networksPipeline.split('\nsinks:\n');
  project.write('networks.yaml', head + days + tail.slice(0, tail.indexOf('\ntests:')));
  await project.engine('run', 'networks.yaml', '--until', 'end');
});
afterAll(async () => project.remove());

interface Part {
  readonly source: string;
  readonly merged: readonly number[];
  readonly closing: unknown;
}

interface Answer {
  readonly window: { readonly closed: boolean };
  readonly made_of: readonly { readonly stage: string; readonly partitions: readonly Part[] }[];
  readonly waits_for: readonly { readonly stage: string; readonly partitions: readonly Part[] }[];
  readonly recomputed: Readonly<Record<string, number | string>>;
  readonly differences: readonly unknown[];
  readonly is_in_table: boolean;
}

/** What is said of a station's day, and the records that made it. */
async function why(station: string): Promise<{ answer: Answer; values: string[] }> {
  const { lines } = await project.engine(
    ...['why', 'network_days', `station=${station}`, 'window=2024-03-27T23:00:00Z'],
    ...['--records', '--limit', '5000', '--json'],
  );
  const [answer, ...records] = lines.map((line) => JSON.parse(line) as unknown);
  const source = station.startsWith('city') ? 'cities' : 'sensors';
  const values = (records as { source: string; value: string }[]).map((record) => {
    expect(record.source).toBe(source);
    return record.value;
  });
  return { answer: answer as Answer, values };
}

/** The day of a station from its readings alone, [hour, value]. */
function dayOf(readings: readonly (readonly [string, number])[]) {
  const hours = [...Map.groupBy(readings, ([hour]) => hour).values()].map((all) =>
    all.map(([, value]) => value),
  );
  const means = hours.map((all) => all.reduce((sum, value) => sum + value, 0) / all.length);
  return {
    hours: hours.length,
    n: readings.length,
    mean: expect.closeTo(means.reduce((sum, mean) => sum + mean, 0) / means.length, 9) as number,
    highest: Math.max(...readings.map(([, value]) => value)),
  };
}

describe('engine why, of windows over windows and of two sources', () => {
  it('W8: names the hours of a day and their readings, and these give the row of the table', async () => {
    const { answer, values } = await why('city Brest');
    const readings = values.map((value) => {
      const { city, date, temperature } = JSON.parse(value) as {
        city: string;
        date: string;
        temperature: number;
      };
      expect([city, date.slice(0, 10)]).toEqual(['Brest', '2024-03-28']);
      return [date.slice(0, 13), temperature] as const;
    });
    expect(answer).toMatchObject({
      window: { closed: true },
      made_of: Array.from({ length: 24 }, () => ({ stage: 'hours' })),
      recomputed: dayOf(readings),
      ...{ differences: [], is_in_table: true },
    });
    const merged = answer.made_of.flatMap(({ partitions }) =>
      partitions.flatMap((part) => part.merged.map((offset) => `${part.source} ${offset}`)),
    );
    expect(merged.length).toBe(24 * 12);
    expect(new Set(merged).size).toBe(merged.length);
    expect(merged.every((place) => place.startsWith('cities '))).toBe(true);
  });

  it('O2 T4: leaves out what a dedup dropped, and waits for the partitions of both sources', async () => {
    const { answer, values } = await why('sensor s00005');
    const readings = values.map((value) => {
      const {
        sensor,
        at,
        value: celsius,
      } = JSON.parse(value) as {
        sensor: string;
        at: number;
        value: number;
      };
      expect(sensor).toBe('s00005');
      return [new Date(at).toISOString().slice(0, 13), celsius] as const;
    });
    expect(answer).toMatchObject({ recomputed: dayOf(readings), differences: [] });
    expect(readings.length).toBeGreaterThan(300);
    expect(answer.waits_for.map(({ stage }) => stage)).toEqual(['hours']);
    const sources = answer.waits_for.flatMap(({ partitions }) =>
      partitions.map(({ source }) => source),
    );
    expect(new Set(sources)).toEqual(new Set(['cities', 'sensors']));
  });
});
