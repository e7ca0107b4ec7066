/**
 * What a zone's clocks show at an instant. Asked of Temporal where the runtime has it and it knows the
 * name: 1 ms until the first answer, where the first clock of Intl takes 30, in whatever zone. Both
 * read the same table; Intl also knows old names such as `PST`, and Node below 26 has nothing else.
 */
import { daysOf, DAY_MS } from './civil.ts';

/** Local minus UTC at an instant of the years 1 to 9999, a whole second in epoch ms; ms. */
export type ZoneClock = (epochMs: number) => number;

/** The clock of a zone by its IANA name or offset; null when there is none. */
export const zoneClock = (name: string): ZoneClock | null => temporalClock(name) ?? intlClock(name);

/** What is used of it; undeclared before Node 26. */
declare const Temporal:
  | {
      readonly ZonedDateTime: new (
        epochNanoseconds: bigint,
        zone: string,
      ) => { readonly offsetNanoseconds: number };
    }
  | undefined;

/** As `zoneClock`, by Temporal alone; null also where the runtime does not have it. */
export function temporalClock(name: string): ZoneClock | null {
  if (typeof Temporal === 'undefined') return null;
  const { ZonedDateTime } = Temporal;
  const clock: ZoneClock = (epochMs) =>
    new ZonedDateTime(BigInt(epochMs) * 1_000_000n, name).offsetNanoseconds / 1e6;
  return triedClock(() => {
    clock(0);
    return clock;
  });
}

/** As `zoneClock`, by Intl alone. */
export function intlClock(name: string): ZoneClock | null {
  return triedClock(() => {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return (epochMs) => offsetShown(format, epochMs);
  });
}

function offsetShown(format: Intl.DateTimeFormat, epochMs: number): number {
  const part = new Map<string, string>();
  for (const { type, value } of format.formatToParts(epochMs)) part.set(type, value);
  const number = (name: string): number => Number(part.get(name));
  const days = daysOf(number('year'), number('month'), number('day'));
  const seconds = number('hour') * 3600 + number('minute') * 60 + number('second');
  return days * DAY_MS + seconds * 1000 - epochMs;
}

/** Both throw a RangeError for names they do not know. */
function triedClock(open: () => ZoneClock): ZoneClock | null {
  try {
    return open();
  } catch {
    return null;
  }
}
