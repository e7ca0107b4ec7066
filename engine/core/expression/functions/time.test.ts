import { expect, test } from 'vitest';
import { dateReader } from './time.ts';

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
