import { describe, expect, it } from 'vitest';
import { type BenchRow, differenceOf, expectedRows } from './expected-rows.ts';

const event = (name: string, dt: number, temp: number): string =>
  JSON.stringify({ name, dt, main: { temp } });

const row = (name: string, start: number, values: readonly number[]): BenchRow => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    ...{ name, window_start: start * 1000, n: values.length, avg_temp: mean },
    var_temp: values.length < 2 ? null : squares / (values.length - 1),
    max_temp: Math.max(...values),
  };
};

describe('the rows a workload must give', () => {
  it('hold each event in the one window of its time, by name', () => {
    const events = [event('a', 60, 1), event('b', 61, 5), event('a', 119, 4), event('a', 120, 2)];
    const minute = { windowMs: 60_000, slideMs: 60_000, numbers: ['main.temp'] };
    const want = [row('a', 60, [1, 4]), row('b', 60, [5]), row('a', 120, [2])];
    expect(differenceOf(expectedRows(events, minute), want)).toBeNull();
  });

  it('hold each event in all windows that cover it', () => {
    const events = [event('a', 60, 1), event('a', 130, 4)];
    const sliding = { windowMs: 120_000, slideMs: 60_000, numbers: ['main.temp'] };
    const want = [row('a', 0, [1]), row('a', 60, [1, 4]), row('a', 120, [4])];
    expect(differenceOf(expectedRows(events, sliding), want)).toBeNull();
  });

  it('are of the sum of all numbers that are read', () => {
    const events = ['{"name":"a","dt":60,"id":7,"main":{"temp":1},"wind":{"speed":30}}'];
    const numbers = ['main.temp', 'wind.speed', 'id'];
    const minute = { windowMs: 60_000, slideMs: 60_000, numbers };
    expect(differenceOf(expectedRows(events, minute), [row('a', 60, [38])])).toBeNull();
  });
});

describe('the difference of rows', () => {
  const rows = [row('a', 60, [1, 4]), row('b', 60, [5])];

  it('is none for the same rows in another order, and for sums within O3', () => {
    const close = rows.map((each) => ({ ...each, avg_temp: each.avg_temp * (1 + 1e-12) }));
    expect(differenceOf(close.toReversed(), rows)).toBeNull();
  });

  it('names a row that is missing, one too many, and one with another value', () => {
    const [first, second] = rows as [BenchRow, BenchRow];
    expect(differenceOf([first], rows)).toContain('b 1970-01-01T00:01:00.000Z is missing');
    expect(differenceOf([...rows, row('c', 60, [1])], rows)).toContain('3 rows instead of 2');
    expect(differenceOf([first, { ...second, n: 2 }], rows)).toContain('"n":2');
    expect(differenceOf([{ ...first, var_temp: null }, second], rows)).toContain('"var_temp":null');
    expect(differenceOf([{ ...first, avg_temp: 2.6 }, second], rows)).toContain('should be');
  });
});
