import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, daysOf } from './civil.ts';
import { intlClock, temporalClock, zoneClock } from './zone-clock.ts';

const second = fc
  .integer({ min: daysOf(1, 1, 2) * (DAY_MS / 1000), max: daysOf(9999, 12, 30) * (DAY_MS / 1000) })
  .map((seconds) => seconds * 1000);
/** Where zones have changed. */
const inHistory = fc.integer({ min: -4e9, max: 4e9 }).map((seconds) => seconds * 1000);
const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'utc', '+05:30', '-0330');

const hasTemporal = 'Temporal' in globalThis;

describe('clocks of zones', () => {
  // The tests run on the Node that the repository brings, which has both.
  it('are the same by Temporal and by Intl', () => {
    expect(hasTemporal).toBe(true);
    fc.assert(
      fc.property(zone, fc.oneof(second, inHistory), (name, at) => {
        expect(temporalClock(name)?.(at)).toBe(intlClock(name)?.(at));
      }),
      { numRuns: 300 },
    );
  });

  it.each(['PST', 'SystemV/PST8'])('know %s, which only Intl does', (name) => {
    expect(temporalClock(name)).toBeNull();
    expect(zoneClock(name)?.(0)).toBe(-8 * 3_600_000);
  });

  it.each(['', 'Europe/Pariss', '2020-01-01T00:00Z[Europe/Paris]', '+24:00', '+01:00:30'])(
    'are none of %j',
    (name) => expect([zoneClock(name), intlClock(name)]).toEqual([null, null]),
  );

  it('are those of Intl where the runtime has no Temporal', () => {
    const { Temporal } = globalThis as { Temporal?: unknown };
    Reflect.deleteProperty(globalThis, 'Temporal');
    try {
      expect(temporalClock('Europe/Paris')).toBeNull();
      expect(zoneClock('Europe/Paris')?.(0)).toBe(3_600_000);
    } finally {
      Object.defineProperty(globalThis, 'Temporal', {
        ...{ value: Temporal, configurable: true, writable: true, enumerable: false },
      });
    }
  });
});
