import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import { formatIso } from './civil.ts';
import { compilePattern } from './pattern.ts';
import type { Ambiguous } from './zone.ts';

/** What a pattern reads, as ISO text, `null` for what it refuses. */
function read(
  pattern: string,
  text: string,
  timezone = 'UTC',
  ambiguous: Ambiguous = 'earlier',
): string | null {
  const compiled = compilePattern(pattern, { timezone, ambiguous });
  if ('problem' in compiled) throw new Error(compiled.problem.message);
  const bytes = encodeUtf8(`9${text}9`);
  const epochMs = compiled.pattern.read(bytes, 1, bytes.length - 1);
  return Number.isNaN(epochMs) ? null : formatIso(epochMs);
}

function problemOf(pattern: string): { at: string; message: string; hint: string } | null {
  const compiled = compilePattern(pattern, { timezone: 'UTC', ambiguous: 'earlier' });
  if (!('problem' in compiled)) return null;
  const { range, message, hint } = compiled.problem;
  return { at: pattern.slice(range.from, range.to), message, hint };
}

describe('date patterns', () => {
  it('T1: read local text in the zone of the pipeline', () => {
    const pattern = 'yyyy-MM-dd HH:mm:ss';
    expect(read(pattern, '2024-03-28 23:20:19', 'Europe/Paris')).toBe('2024-03-28T22:20:19Z');
    expect(read(pattern, '2024-03-31 02:30:00', 'Europe/Paris')).toBe('2024-03-31T01:30:00Z');
    expect(read(pattern, '2024-10-27 02:30:00', 'Europe/Paris')).toBe('2024-10-27T00:30:00Z');
    expect(read(pattern, '2024-10-27 02:30:00', 'Europe/Paris', 'later')).toBe(
      '2024-10-27T01:30:00Z',
    );
    expect(read(pattern, '2024-10-27 02:30:00', 'Europe/Paris', 'dead_letter')).toBeNull();
  });

  it('read what Date reads, and nothing else', () => {
    const times = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        times,
        fc.nat(23),
        fc.constantFrom('0', '1', '2', '3', '5', '6', '9', '-', ':', ' ', 'x', 'T'),
        (date, at, letter) => {
          const text = date.toISOString().slice(0, 23);
          const pattern = "yyyy-MM-dd'T'HH:mm:ss.SSS";
          expect(read(pattern, text)).toBe(formatIso(date.getTime()));
          const damaged = text.slice(0, at) + letter + text.slice(at + 1);
          const parsed = Date.parse(`${damaged}Z`);
          // Date takes 24:00:00 and February 30, so compare what it shows for what it read.
          const real = !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(damaged);
          const expected = real && !damaged.startsWith('0000') ? formatIso(parsed) : null;
          expect(read(pattern, damaged)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['d/M/yyyy H:m', '5/3/2024 7:08', '2024-03-05T07:08:00Z'],
    ['d/M/yyyy H:m', '15/12/2024 17:8', '2024-12-15T17:08:00Z'],
    ['dd MMM uuuu', '05 Mar 2024', '2024-03-05T00:00:00Z'],
    ['dd MMM uuuu', '05 mar 2024', null],
    ['dd MMM uuuu', '05 Ma', null],
    ['yyyyMMddHHmmss', '20240305070809', '2024-03-05T07:08:09Z'],
    ['yyyy-MM-dd hh:mm a', '2024-03-05 12:05 AM', '2024-03-05T00:05:00Z'],
    ['yyyy-MM-dd a hh:mm', '2024-03-05 PM 12:05', '2024-03-05T12:05:00Z'],
    ['yyyy-MM-dd hh:mm a', '2024-03-05 01:05 PM', '2024-03-05T13:05:00Z'],
    ['yyyy-MM-dd hh:mm a', '2024-03-05 13:05 PM', null],
    ['yyyy-MM-dd hh:mm a', '2024-03-05 00:05 AM', null],
    ['yyyy-MM-dd HH:mm:ss.S', '2024-03-05 01:02:03.4', '2024-03-05T01:02:03.400Z'],
    ['yyyy-MM-dd HH:mm:ss.SSSSSSSSS', '2024-03-05 01:02:03.004999999', '2024-03-05T01:02:03.004Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-03-05 01:02:03.45', null],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03+02:00', '2024-03-04T23:02:03Z'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03Z', '2024-03-05T01:02:03Z'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03+0200', null],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03', null],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03+02:60', null],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-05T01:02:03+19:00', null],
    ['yyyy-MM-dd HH:mmXX', '2024-03-05 01:02-0330', '2024-03-05T04:32:00Z'],
    ['yyyy-MM-dd HH:mmX', '2024-03-05 01:02+02', '2024-03-04T23:02:00Z'],
    ["dd 'o''clock' MM '' yyyy", "05 o'clock 03 ' 2024", '2024-03-05T00:00:00Z'],
    ["dd' é 'MM.yyyy", '05 é 03.2024', '2024-03-05T00:00:00Z'],
    ['yyyy-MM-dd', '2023-02-29', null],
    ['yyyy-MM-dd', '2024-02-29', '2024-02-29T00:00:00Z'],
    ['yyyy-MM-dd', '2024-04-31', null],
    ['yyyy-MM-dd', '0000-01-01', null],
    ['yyyy-MM-dd', '2024-13-01', null],
    ['yyyy-MM-dd', '2024-00-01', null],
    ['yyyy-MM-dd', '2024-01-00', null],
    ['yyyy-MM-dd', '2024-01-01 ', null],
    ['yyyy-MM-dd', '2024-01-1', null],
    ['yyyy-MM-dd', '', null],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 24:00:00', null],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 23:60:00', null],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 23:00:60', null],
  ])('%s reads "%s" as %s', (pattern, text, expected) => {
    expect(read(pattern, text)).toBe(expected);
  });

  it.each([
    ['YYYY-MM-dd', 'YYYY', /year is yyyy/],
    ['yyyy-MM-DD', 'DD', /day of the month is dd/],
    ['yyyy-mm-dd', 'mm', /month is MM/],
    ['yyyy-MM-dd HH:MM', 'MM', /minute is mm/],
    ['yyyy-mm-dd HH:mm', 'mm', /month is MM/],
    ['yyyy-MM-dd hh:mm', 'hh', /are HH/],
    ['yyyy-MM-dd HH:mm a', 'a', /are hh/],
    ['yyyy-MM-ddTHH:mm', 'T', /'T'/],
    ["yyyy-MM-dd'THH:mm", "'THH:mm", /''/],
    ['yy-MM-dd', 'yy', /yyyy/],
    ['yyyy-MMMM-dd', 'MMMM', /MMM/],
    ['yyyy-MM-ddd', 'ddd', /dd/],
    ['yyyy-MM-dd HH:mm:ss.SSSSSSSSSS', 'SSSSSSSSSS', /nine/],
    ['yyyy-MM-dd HH:mm z', 'z', /XXX/],
    ['yyyy-MM-dd HH:mmXXXX', 'XXXX', /XXX/],
    ['yyyy-MM-dd q', 'q', /quoted/],
    ['MM-dd', 'MM-dd', /year is yyyy/],
    ['yyyy-MM', 'yyyy-MM', /day is dd/],
    ['', '', /year is yyyy/],
  ])('%s is refused at %s with a hint', (pattern, at, hint) => {
    const problem = problemOf(pattern);
    expect(problem?.at).toBe(at);
    expect(problem?.hint).toMatch(hint);
  });
});
