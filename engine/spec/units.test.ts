import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, readDuration, readRate, readShare, readSize } from './units.ts';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
    ['0s', 0],
  ])('%s is %i milliseconds', (text, expected) => {
    expect(readDuration(text)).toBe(expected);
  });

  test.each([
    '',
    '10',
    's',
    '10 s',
    '-1s',
    '1.5h',
    '1w',
    '10S',
    '1e3s',
    '999999999999999d',
    '10s ',
  ])('%j is none', (text) => {
    expect(readDuration(text)).toBeNull();
  });

  test('printed and read again they are the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (durationMs) => {
        expect(readDuration(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });
});

test('sizes are powers of 1024, or of 1000 without the i', () => {
  expect(readSize('64KiB')).toBe(65_536);
  expect(readSize('512MiB')).toBe(536_870_912);
  expect(readSize('1.5GiB')).toBe(1_610_612_736);
  expect(readSize('1MB')).toBe(1_000_000);
  for (const text of ['64', 'KiB', '64 KiB', '64kib', '-1B', '1TiB'])
    expect(readSize(text)).toBeNull();
});

test('shares are percentages up to 100', () => {
  expect(readShare('5%')).toBe(0.05);
  expect(readShare('100%')).toBe(1);
  for (const text of ['5', '101%', '%', '-1%', '5 %']) expect(readShare(text)).toBeNull();
});

test('rates say how many in how long', () => {
  expect(readRate('60/1m')).toEqual({ count: 60, perMs: 60_000 });
  for (const text of ['60', '60/', '/1m', '60/0s', '6.5/1m', '60/1m/1m'])
    expect(readRate(text)).toBeNull();
});
