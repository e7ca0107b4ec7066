import { expect, test } from 'vitest';
import { reasonOf } from '../failure.ts';
import { encodeUtf8 } from '../../utf8.ts';
import { dateColumnReader, dateReader } from './time.ts';

test('T1: dates are read alike whether they repeat, are of other letters or are very long', () => {
  const read = dateReader('yyyy-MM-dd HH:mm:ss', 'Europe/Paris');
  const at = Date.parse('2024-03-28T22:25:00Z');
  expect([read('2024-03-28 23:25:00'), read('2024-03-28 23:25:00')]).toEqual([at, at]);
  expect(read('2024-03-28 23:25:01')).toBe(at + 1000);
  for (const text of ['2024-03-28 23:25:0é', `2024-03-28 23:25:00${' '.repeat(80)}x`, '']) {
    expect(() => read(text)).toThrow();
  }
  // What failed is not taken for what was read last.
  expect(read('2024-03-28 23:25:00')).toBe(at);
});

test('T1: dates of a column are read from its bytes as they are from its text', () => {
  const byText = dateReader('yyyy-MM-dd HH:mm:ss', 'Europe/Paris');
  const byRow = dateColumnReader('yyyy-MM-dd HH:mm:ss', 'Europe/Paris');
  const texts = [
    '2024-03-28 23:25:00',
    '2024-10-27 02:30:00',
    '2024-03-31 02:30:00',
    '2024-1',
    'é',
  ];
  const bytes = encodeUtf8(texts.join(''));
  const ends = texts.map((_, i) => encodeUtf8(texts.slice(0, i + 1).join('')).length);
  const start = Int32Array.from([0, ...ends.slice(0, -1)]);
  const columns = [
    { kind: 'bytes', bytes, start, end: Int32Array.from(ends) },
    { kind: 'text', values: texts },
  ] as const;
  const outcome = (read: () => number): number | string => {
    try {
      return read();
    } catch (failure) {
      return reasonOf(failure);
    }
  };
  const want = texts.map((text) => outcome(() => byText(text)));
  for (const column of columns) {
    expect(texts.map((_, row) => outcome(() => byRow(column, row)))).toEqual(want);
  }
  expect(want.filter((value) => typeof value === 'string')).toHaveLength(2);
});
