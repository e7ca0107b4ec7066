import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilOf, daysOf, DAY_MS, formatIso } from './civil.ts';
import { isZone, openZone } from './zone.ts';

/** Local ms of a wall-clock reading. */
const local = (text: string): number => Date.parse(`${text}Z`);
const iso = (epochMs: number): string => formatIso(epochMs);

describe('civil dates', () => {
  it('are those of the proleptic Gregorian calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }), (epochMs) => {
        const at = civilOf(epochMs);
        const date = new Date(epochMs);
        expect([at.year, at.month, at.day]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
        expect([at.hour, at.minute, at.second, at.millisecond]).toEqual([
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
          date.getUTCMilliseconds(),
        ]);
        expect(daysOf(at.year, at.month, at.day)).toBe(Math.floor(epochMs / DAY_MS));
        expect(formatIso(epochMs)).toBe(date.toISOString().replace('.000Z', 'Z'));
      }),
    );
  });
});

describe('zones', () => {
  it('T1: a time that spring skips shifts forward (Europe/Paris)', () => {
    const paris = openZone('Europe/Paris');
    //    01:59:59 +1 │ 03:00:00 +2
    expect(iso(paris.epochOf(local('2024-03-31T01:59:59'), 'earlier'))).toBe(
      '2024-03-31T00:59:59Z',
    );
    expect(iso(paris.epochOf(local('2024-03-31T02:00:00'), 'earlier'))).toBe(
      '2024-03-31T01:00:00Z',
    );
    expect(iso(paris.epochOf(local('2024-03-31T02:30:00'), 'dead_letter'))).toBe(
      '2024-03-31T01:30:00Z',
    );
    expect(iso(paris.epochOf(local('2024-03-31T03:00:00'), 'earlier'))).toBe(
      '2024-03-31T01:00:00Z',
    );
  });

  it('T1: a time that occurs twice in autumn is the earlier, the later, or none (Europe/Paris)', () => {
    const paris = openZone('Europe/Paris');
    //    02:59:59 +2 │ 02:00:00 +1
    const twice = local('2024-10-27T02:30:00');
    expect(iso(paris.epochOf(twice, 'earlier'))).toBe('2024-10-27T00:30:00Z');
    expect(iso(paris.epochOf(twice, 'later'))).toBe('2024-10-27T01:30:00Z');
    expect(paris.epochOf(twice, 'dead_letter')).toBeNaN();
    for (const ambiguous of ['earlier', 'later', 'dead_letter'] as const) {
      expect(iso(paris.epochOf(local('2024-10-27T01:59:59'), ambiguous))).toBe(
        '2024-10-26T23:59:59Z',
      );
      expect(iso(paris.epochOf(local('2024-10-27T03:00:00'), ambiguous))).toBe(
        '2024-10-27T02:00:00Z',
      );
    }
  });

  it('T1: half an hour of daylight saving (Australia/Lord_Howe)', () => {
    const island = openZone('Australia/Lord_Howe');
    //    spring: 01:59:59 +10:30 │ 02:30:00 +11      autumn: 01:59:59 +11 │ 01:30:00 +10:30
    expect(iso(island.epochOf(local('2024-10-06T02:15:00'), 'earlier'))).toBe(
      '2024-10-05T15:45:00Z',
    );
    const twice = local('2024-04-07T01:45:00');
    expect(iso(island.epochOf(twice, 'earlier'))).toBe('2024-04-06T14:45:00Z');
    expect(iso(island.epochOf(twice, 'later'))).toBe('2024-04-06T15:15:00Z');
    expect(island.epochOf(local('2024-04-07T01:29:59'), 'dead_letter')).not.toBeNaN();
    expect(island.epochOf(local('2024-04-07T02:00:00'), 'dead_letter')).not.toBeNaN();
  });

  it('T1: a clock that is set back to the day before (America/Asuncion)', () => {
    const asuncion = openZone('America/Asuncion');
    //    2023-03-25 23:59:59 −3 │ 23:00:00 −4
    const twice = local('2023-03-25T23:30:00');
    expect(iso(asuncion.epochOf(twice, 'earlier'))).toBe('2023-03-26T02:30:00Z');
    expect(iso(asuncion.epochOf(twice, 'later'))).toBe('2023-03-26T03:30:00Z');
    expect(iso(asuncion.epochOf(local('2023-03-26T00:00:00'), 'earlier'))).toBe(
      '2023-03-26T04:00:00Z',
    );
  });

  it('T1: reading a clock and setting it agree everywhere, in any order of questions', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Paris',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'America/Asuncion',
      'Africa/Casablanca',
      'Asia/Kolkata',
      'Pacific/Apia',
      '+05:30',
    );
    const years = fc.integer({ min: 1960, max: 2037 });
    // Around changes: the hours near every hour of March, April, October and November.
    const instants = fc
      .tuple(years, fc.constantFrom(2, 3, 9, 10), fc.nat(31 * 96))
      .map(([year, month, quarter]) => Date.UTC(year, month, 1) + quarter * 900_000);
    const clock = (zone: string, epochMs: number): number => {
      const shown = new Date(epochMs).toLocaleString('sv-SE', { timeZone: zone });
      return local(shown.replace(' ', 'T'));
    };
    fc.assert(
      fc.property(zones, fc.array(instants, { minLength: 1, maxLength: 20 }), (name, all) => {
        const zone = openZone(name);
        for (const epochMs of all) {
          const shown = clock(name, epochMs);
          expect(zone.offsetAt(epochMs)).toBe(shown - epochMs);
          const earlier = zone.epochOf(shown, 'earlier');
          const later = zone.epochOf(shown, 'later');
          // The instant is one of those at which the clock shows that time.
          expect([earlier, later]).toContain(epochMs);
          expect(clock(name, earlier)).toBe(shown);
          expect(clock(name, later)).toBe(shown);
          expect(Number.isNaN(zone.epochOf(shown, 'dead_letter'))).toBe(earlier !== later);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('take dates far outside of history', () => {
    const paris = openZone('Europe/Paris');
    for (const text of ['0001-01-01T00:00:00', '9999-12-31T23:59:59']) {
      expect(Math.abs(paris.epochOf(local(text), 'earlier') - local(text))).toBeLessThan(DAY_MS);
    }
    expect(paris.offsetAt(8.64e15)).toBe(3_600_000);
    expect(Number.isFinite(paris.offsetAt(-8.64e15))).toBe(true);
  });

  it('are refused by a name nobody knows', () => {
    expect(isZone('Europe/Paris')).toBe(true);
    expect(isZone('Europe/Pariss')).toBe(false);
    expect(() => openZone('Europe/Pariss')).toThrow(/no time zone/);
  });
});
