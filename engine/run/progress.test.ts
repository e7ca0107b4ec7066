import fc from 'fast-check';
import { expect, it } from 'vitest';
import { short } from './progress.ts';

it('writes short numbers in groups of three digits', () => {
  expect([0, 999, 1000, 34_560, 99_999.7, 123_456, 1_234_567].map(short)).toEqual([
    ...['0', '999', '1,000', '34,560', '100,000', '123 k', '1.23 M'],
  ]);
  fc.assert(
    fc.property(fc.nat(99_999), (value) => {
      expect(short(value)).toBe(value.toLocaleString('en-US'));
    }),
  );
});
