import { expect, it } from 'vitest';
import { randomOf } from './random.ts';

/** The published C code of mulberry32, over 32-bit words held as BigInt. */
function* published(seed: number): Generator<number> {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value);
  let state = BigInt(seed);
  for (;;) {
    state = word(state + 0x6d2b79f5n);
    let z = state;
    z = word((z ^ (z >> 15n)) * (z | 1n));
    z ^= word(z + word((z ^ (z >> 7n)) * (z | 61n)));
    yield Number(z ^ (z >> 14n)) / 2 ** 32;
  }
}

it.each([0, 1, 42, -15, 2 ** 31, 2 ** 40 + 7])('seed %i: the numbers of mulberry32', (seed) => {
  const random = randomOf(seed);
  const expected = published(seed).take(100).toArray();
  expect(Array.from({ length: 100 }, random)).toEqual(expected);
  expect(expected.every((each) => each >= 0 && each < 1)).toBe(true);
});
