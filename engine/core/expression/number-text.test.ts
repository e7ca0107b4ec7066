import fc from 'fast-check';
import { expect, test } from 'vitest';
import { floatText, roundTo } from './number-text.ts';

test('O4: the text of a float is the shortest that reads back', () => {
  expect(floatText(Math.fround(0.1))).toBe('0.1');
  expect(floatText(Math.fround(16777216))).toBe('16777216');
  expect(floatText(Math.fround(3.4028234e38))).toBe('3.4028235e+38');
  expect(floatText(-0)).toBe('0');
  expect(floatText(NaN)).toBe('NaN');
  const property = fc.property(fc.float(), (value) => {
    const text = floatText(value);
    expect(Math.fround(Number(text))).toBe(value === 0 ? 0 : value);
    const digits = (/^-?([\d.]+)/.exec(text)?.[1] ?? '').replace('.', '').replace(/^0+|0+$/g, '');
    expect(digits.length).toBeLessThanOrEqual(9);
  });
  fc.assert(property, { numRuns: 2000 });
});

test('rounding goes by decimals: the nearest with so many of them, halves away from zero', () => {
  const decimals = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }));
  const property = fc.property(
    decimals,
    fc.integer({ min: 0, max: 6 }),
    ([whole, places], scale) => {
      // whole / 10^places, rounded as integers are.
      const cut = 10n ** BigInt(Math.max(0, places - scale));
      const magnitude = (BigInt(Math.abs(whole)) * 2n + cut) / (2n * cut);
      const wanted = Number(`${whole < 0 ? '-' : ''}${magnitude}e${-Math.min(places, scale)}`);
      expect(roundTo(Number(`${whole}e${-places}`), scale)).toBe(wanted + 0);
    },
  );
  fc.assert(property, { numRuns: 5000 });
});
