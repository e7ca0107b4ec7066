import { expect, it } from 'vitest';
import { openPace } from './pace.ts';

it('a pace begins with the round it is asked for first, wherever that is', () => {
  const waitFor = openPace(15);
  expect(waitFor(100, 5000)).toBe(0);
  expect(waitFor(104, 5000)).toBe(60);
  expect(waitFor(104, 5040)).toBe(20);
});

it('a pace catches up with what came late, and does not run ahead afterwards', () => {
  const waitFor = openPace(15);
  waitFor(0, 0);
  expect(waitFor(1, 100)).toBe(0);
  expect(waitFor(8, 100)).toBe(20);
});
