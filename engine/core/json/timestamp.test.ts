import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf } from './scan.fixture.ts';
import { timestampOf } from './timestamp.ts';

const utf8 = new TextEncoder();
const read = (text: string): number | undefined => {
  const bytes = utf8.encode(`"${text}"`);
  const time = timestampOf(bytes, 1, bytes.length - 1);
  return Number.isNaN(time) ? undefined : time;
};

const two = (max: number): fc.Arbitrary<string> =>
  fc.nat(max).map((n) => String(n).padStart(2, '0'));

describe('timestampOf', () => {
  it('reads the form that it documents', () => {
    expect(read('2024-03-28T23:20:19Z')).toBe(1711668019000);
    expect(read('2024-03-28T23:20:19.1Z')).toBe(1711668019100);
    expect(read('2024-03-28T23:20:19.123456789-00:30')).toBe(1711669819123);
    expect(read('0000-01-01T00:00:00Z')).toBe(-62167219200000);
    expect(read('9999-12-31T23:59:59.999Z')).toBe(253402300799999);
  });

  it.each([
    '',
    '2024-03-28',
    '2024-03-28T23:20:19',
    '2024-03-28 23:20:19Z',
    '2024-03-28T23:20Z',
    '2024-03-28T24:00:00Z',
    '2024-03-28T23:60:00Z',
    '2024-03-28T23:20:60Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-03-28T23:20:19.Z',
    '2024-03-28T23:20:19.1234567890Z',
    '2024-03-28T23:20:19z',
    '2024-03-28T23:20:19+0100',
    '2024-03-28T23:20:19+24:00',
    '2024-03-28T23:20:19Z ',
    '+024-03-28T23:20:19Z',
    '2024-03-28T23:20:1:Z',
  ])('refuses %j', (text) => {
    expect(read(text)).toBe(undefined);
  });

  it('agrees with Date on every day, hour, fraction and zone', () => {
    const text = fc
      .tuple(
        fc.nat(9999).map((year) => String(year).padStart(4, '0')),
        two(13),
        two(32),
        two(24),
        two(60),
        two(60),
        fc.oneof(
          fc.constant(''),
          fc.nat(999_999_999).map((n) => `.${String(n)}`),
        ),
        fc.oneof(
          fc.constant('Z'),
          fc.tuple(fc.constantFrom('+', '-'), two(24), two(60)).map(([s, h, m]) => `${s}${h}:${m}`),
        ),
      )
      .map(([y, mo, d, h, mi, s, f, z]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${f}${z}`);
    fc.assert(
      fc.property(text, (one) => {
        expect(read(one)).toBe(timeOf(one));
      }),
      { numRuns: 5000 },
    );
  });
});
