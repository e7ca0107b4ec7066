import { describe, expect, it } from 'vitest';
import { instantOf } from './local-time.ts';
import { statisticsOf } from './statistics.ts';
import { weatherRows } from './weather.ts';
import { type TimedRecord, runWindows, startsOf } from './windows.ts';

// The oracles are what everything else is measured by: small cases, worked out by hand.

describe('local time', () => {
  it.each([
    ['2024-03-28 00:00:00', '2024-03-27T23:00:00Z'],
    ['2024-07-14 12:00:00', '2024-07-14T10:00:00Z'],
    ['2024-03-31 01:59:59', '2024-03-31T00:59:59Z'],
    ['2024-03-31 02:30:00', '2024-03-31T01:30:00Z'],
    ['2024-03-31 03:00:00', '2024-03-31T01:00:00Z'],
    ['2024-10-27 02:30:00', '2024-10-27T00:30:00Z'],
    ['2024-10-27 03:00:00', '2024-10-27T02:00:00Z'],
  ])('T1: %s in Paris is %s', (text, instant) => {
    expect(new Date(instantOf(text, 'Europe/Paris')).toISOString()).toBe(
      instant.replace('Z', '.000Z'),
    );
  });

  it.each(['2024-02-30 00:00:00', '2024-03-28', 'yesterday', '2024-03-28 24:00:01'])(
    'T1: %s is no time',
    (text) => {
      expect(instantOf(text, 'Europe/Paris')).toBeNaN();
    },
  );
});

describe('statistics', () => {
  it('has no variance of one value', () => {
    expect(statisticsOf([3])).toEqual({
      ...{ n: 1, mean: 3, variance: null, deviation: null, max: 3, sum: 3 },
    });
  });

  it('divides by n − 1', () => {
    expect(statisticsOf([2, 4, 9])).toMatchObject({ n: 3, mean: 5, variance: 13, max: 9 });
  });
});

describe('windows', () => {
  const rules = { size: 10, slide: 10, grace: 0, outOfOrder: 0 };
  const at = (time: number, partition = 0): TimedRecord => ({
    partition,
    time,
    entry: { key: 'k', value: time },
  });

  it('W1: hold their start, not their end, before 1970 too', () => {
    expect(startsOf(10, rules)).toEqual([10]);
    expect(startsOf(9, rules)).toEqual([0]);
    expect(startsOf(-1, rules)).toEqual([-10]);
    expect(startsOf(10, { size: 10, slide: 5 })).toEqual([10, 5]);
  });

  it('W2: a record is late by the watermark of its own partition, before it', () => {
    const { late, windows } = runWindows([at(0), at(10), at(9), at(9, 1)], rules, { ended: true });
    expect(late).toEqual([2]);
    expect(windows.map(({ start, values }) => [start, values])).toEqual([
      [0, [0, 9]],
      [10, [10]],
    ]);
  });

  it('W2: a record late for some windows counts in the others', () => {
    const sliding = { ...rules, slide: 5 };
    const { late, latePartial, windows } = runWindows([at(12), at(7)], sliding, { ended: true });
    expect([late, latePartial]).toEqual([[], [1]]);
    expect(windows.map(({ start, values }) => [start, values])).toEqual([
      [10, [12]],
      [5, [12, 7]],
    ]);
  });

  it('W3: are complete when the slowest partition has passed end + grace', () => {
    const complete = (records: TimedRecord[], grace: number): boolean[] =>
      runWindows(records, { ...rules, grace }, { ended: false }).windows.map((w) => w.complete);
    expect(complete([at(0), at(10)], 0)).toEqual([true, false]);
    expect(complete([at(0), at(10)], 1)).toEqual([false, false]);
    expect(complete([at(0), at(10), at(5, 1)], 0)).toEqual([false, false]);
  });

  it('T2: a record that was filtered moves the watermark', () => {
    const { late } = runWindows([{ ...at(10), entry: null }, at(9)], rules, { ended: true });
    expect(late).toEqual([1]);
  });
});

describe('the weather pipeline', () => {
  const line = (date: string, temperature: number, feels: number): string =>
    JSON.stringify({ date: `2024-03-28 ${date}`, city: 'Brest', temperature, feels_like: feels });

  it('has the rows that the definition tests for', () => {
    const rows = weatherRows(
      [[line('00:00:05', 1, -2), line('00:20:00', 3, 1), line('00:00:06', 9, 9)]],
      { ended: true },
    );
    expect(rows.tenMinutes).toMatchObject([
      {
        ...{ n: 1, avg_temperature: 1, window_start: Date.parse('2024-03-27T23:00:00Z') },
        ...{ coldest_at: '2024-03-28 00:00:05', p95_gap: 3 },
      },
      { n: 1, avg_temperature: 3, window_start: Date.parse('2024-03-27T23:20:00Z') },
    ]);
    expect(rows.lateForTenMinutes).toEqual([line('00:00:06', 9, 9)]);
    expect(rows.lateForLastHour).toEqual([]);
  });

  it('O1: has the first of the coldest readings, and the gap that 95 of 100 do not exceed', () => {
    const second = (at: number): string => String(at % 60).padStart(2, '0');
    const partition = Array.from({ length: 100 }, (_, i) =>
      line(
        `00:0${String(Math.floor(i / 60))}:${second(i)}`,
        i % 10 === 3 ? -4 : 5,
        i % 10 === 3 ? -4 : 5 - i,
      ),
    );
    const { tenMinutes } = weatherRows([partition], { ended: true });
    expect(tenMinutes).toMatchObject([{ n: 100, coldest_at: '2024-03-28 00:00:03', p95_gap: 94 }]);
  });

  it('O4: subtracts in 32 bits', () => {
    const { felt } = weatherRows([[line('00:00:05', 9.91, 7.42)]], { ended: true });
    expect(felt[0]?.temperature_minus_feels_like).toBe(2.489999771118164);
    expect(felt[0]).toMatchObject({ lat: null, lon: null, temperature: 9.90999984741211 });
  });

  it('leaves out what is hotter than any place on earth', () => {
    const rows = weatherRows([[line('00:00:05', 60, 0), line('00:00:06', 60.01, 0)]], {
      ended: true,
    });
    expect(rows.felt).toHaveLength(1);
    expect(rows.filtered).toBe(1);
    expect(rows.tenMinutes).toMatchObject([{ n: 1, max_temperature: 60 }]);
  });
});
