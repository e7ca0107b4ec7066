/**
 * Civil dates without Date: the proleptic Gregorian calendar by integer arithmetic, after Howard
 * Hinnant, "chrono-compatible low-level date algorithms". Local times are written as epoch ms of the
 * same wall-clock reading in UTC ("local ms").
 */

/** Milliseconds of a day without daylight saving. */
export const DAY_MS = 86_400_000;

/** Days from 1970-01-01 to the date; the date must exist. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A wall-clock reading. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** The wall-clock reading of local ms. */
export function civilOf(localMs: number): Civil {
  const days = Math.floor(localMs / DAY_MS);
  const ms = localMs - days * DAY_MS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    hour: Math.floor(ms / 3_600_000),
    minute: Math.floor(ms / 60_000) % 60,
    second: Math.floor(ms / 1000) % 60,
    millisecond: ms % 1000,
  };
}

/** Days of the month in that year. */
export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Local ms of a date's midnight, NaN for a date that does not exist or lies before the year 1. */
export function midnightOf(year: number, month: number, day: number): number {
  if (year < 1 || month < 1 || month > 12 || day < 1) return NaN;
  if (day > 28 && day > daysInMonth(year, month)) return NaN;
  return daysOf(year, month, day) * DAY_MS;
}

/**
 * `2024-03-27T23:00:00Z`, with milliseconds only where there are some. Years outside 0–9999 have a
 * sign and six digits, as ISO 8601 wants. `epochMs` must be finite.
 */
export function formatIso(epochMs: number): string {
  const at = civilOf(epochMs);
  const year =
    at.year >= 0 && at.year <= 9999
      ? digits(at.year, 4)
      : `${at.year < 0 ? '-' : '+'}${digits(Math.abs(at.year), 6)}`;
  const date = `${year}-${digits(at.month, 2)}-${digits(at.day, 2)}`;
  const time = `${digits(at.hour, 2)}:${digits(at.minute, 2)}:${digits(at.second, 2)}`;
  return `${date}T${time}${at.millisecond === 0 ? '' : `.${digits(at.millisecond, 3)}`}Z`;
}

/** `value` with at least `width` digits. */
export const digits = (value: number, width: number): string => String(value).padStart(width, '0');
