import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberReader } from './number.ts';

const utf8 = new TextEncoder();

/** The number at the start of `text` and where it ends; null where there is none. */
function read(text: string): { value: number; end: number } | null {
  const reader = new NumberReader();
  const end = reader.read(utf8.encode(text), 0, text.length);
  return end < 0 ? null : { value: reader.value, end };
}

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.nat(9).map(String), minLength: 1, maxLength: max });

const written = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits(20).map((text) => text.replace(/^0+(?=\d)/, '')),
    fc.oneof(
      fc.constant(''),
      digits(20).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), digits(3))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));

describe('NumberReader', () => {
  it('gives exactly the double that Number gives', () => {
    fc.assert(
      fc.property(written, (text) => {
        expect(read(text)).toEqual({ value: Number(text), end: text.length });
      }),
      { numRuns: 5000 },
    );
  });

  it('reads back every double as it is printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        for (const text of [String(value), value.toFixed(3), value.toExponential()]) {
          expect(read(text)?.value).toBe(Number(text));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '0',
    '-0',
    '0.1',
    '123456789',
    '1234567890',
    '123456789012345',
    '1234567890123456',
    '12345678.9',
    '123456789.1',
    '12345678.91',
    '9007199254740992',
    '9007199254740993',
    '0.000001',
    '1e22',
    '1e23',
    '-1e-22',
    '123456789e22',
    '8.5e-23',
    '1.7976931348623159e308',
    '5e-324',
    '2.4703282292062327e-324',
    `1e-${'9'.repeat(30)}`,
    `0.${'0'.repeat(400)}1e401`,
    `0.${'0'.repeat(100_000)}1e100003`,
  ])('reads %s as Number does', (text) => {
    expect(read(text)).toEqual({ value: Number(text), end: text.length });
  });

  it.each([
    '',
    '-',
    '+1',
    '.5',
    '-.5',
    '01',
    '-01',
    '1.',
    '1.e3',
    '1e',
    '1e+',
    '00',
    'NaN',
    '00000000001',
  ])('refuses %j', (text) => {
    expect(read(text)).toBe(null);
  });

  it('stops after the number and never looks past the end', () => {
    expect(read('12.5,')).toEqual({ value: 12.5, end: 4 });
    const reader = new NumberReader();
    expect(reader.read(utf8.encode('12345'), 0, 3)).toBe(3);
    expect(reader.value).toBe(123);
    expect(reader.read(utf8.encode('12.5'), 0, 3)).toBe(~3);
  });
});
