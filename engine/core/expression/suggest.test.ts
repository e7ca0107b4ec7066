import { expect, test } from 'vitest';
import { distance, suggest } from './suggest.ts';

test('distance counts letters changed, added, removed and swapped', () => {
  expect(distance('ciyt', 'city')).toBe(1);
  expect(distance('kitten', 'sitting')).toBe(3);
  expect(distance('', 'abc')).toBe(3);
  expect(distance('abc', 'abc')).toBe(0);
});

test.each([
  ['temprature', 'temperature'],
  ['feels-like', 'feels_like'],
  ['City', 'city'],
  ['ciyt', 'city'],
  ['xyz', null],
  ['t', null],
  ['', null],
])('near %s: %s', (name, near) => {
  expect(suggest(name, ['city', 'temperature', 'feels_like', 'lat'])).toBe(near);
});

test('the first of equally near names wins', () => {
  expect(suggest('lut', ['lat', 'let'])).toBe('lat');
});
