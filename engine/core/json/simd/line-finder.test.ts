import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineFinder } from './line-finder.ts';

const finder = new LineFinder();
const utf8 = new TextEncoder();

/** Positions of newlines, one by one. */
function newlines(bytes: Uint8Array, from: number, to: number): number[] {
  return Array.from(bytes.subarray(from, to).entries())
    .filter(([, byte]) => byte === 10)
    .map(([at]) => from + at);
}

it('finds and counts newlines as a loop over bytes does', () => {
  const input = fc.tuple(
    fc.array(fc.constantFrom('\n', 'a', '\r', 'é', '0123456789abcdef'), { maxLength: 60 }),
    fc.nat(40),
    fc.nat(200),
  );
  fc.assert(
    fc.property(input, ([parts, from, length]) => {
      const bytes = utf8.encode(parts.join(''));
      const first = Math.min(bytes.length, from);
      const to = Math.min(bytes.length, first + length);
      expect([...finder.find(bytes, first, to)]).toEqual(newlines(bytes, first, to));
      expect(finder.count(bytes)).toBe(newlines(bytes, 0, bytes.length).length);
    }),
  );
});

it('finds the first of more lines, and of more bytes, than it has room for', () => {
  const many = new Uint8Array(20_000).fill(10);
  const found = finder.find(many, 5, many.length);
  expect(found.length).toBeGreaterThan(1000);
  expect([...found]).toEqual(newlines(many, 5, 5 + found.length));
  expect(finder.count(many)).toBe(20_000);

  const long = new Uint8Array(1_000_000).fill(0x61);
  long[999_999] = 10;
  expect([...finder.find(long, 0, long.length)]).toEqual([]);
  expect([...finder.find(long, 900_000, long.length)]).toEqual([999_999]);
  expect(finder.count(long)).toBe(1);
});
