/**
 * Points in time as text: ISO 8601 with date, time to the second and zone, as in RFC 3339.
 */

/** Days before each month of a common year, January first. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Greatest epoch ms, either side of 1970, that calendars agree on (ECMA-262, time values). */
export const MAX_TIME_MS = 8.64e15;

/**
 * Epoch ms of bytes[from, to), or NaN. Accepts `YYYY-MM-DDTHH:MM:SS`, a fraction of 1–9 digits (cut
 * to ms) and `Z` or `±HH:MM`; no leap seconds, no hour 24.
 */
export function timestampOf(bytes: Uint8Array, from: number, to: number): number {
  const wall = wallMs(bytes, from, to);
  let p = from + 19;
  let fraction = 0;
  if (p < to && bytes[p] === 0x2e /* . */) {
    const first = ++p;
    for (let scale = 100; p < to && p - first < 9; p++, scale /= 10) {
      const digit = (bytes[p] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      if (scale >= 1) fraction += digit * scale;
    }
    if (p === first) return NaN;
  }
  return wall + fraction - zoneMs(bytes, p, to);
}

/** Ms of the first 19 bytes as if in UTC, or NaN. */
function wallMs(bytes: Uint8Array, p: number, to: number): number {
  if (p + 20 > to || bytes[p + 4] !== 0x2d || bytes[p + 7] !== 0x2d) return NaN;
  if (bytes[p + 10] !== 0x54 || bytes[p + 13] !== 0x3a || bytes[p + 16] !== 0x3a) return NaN;
  const year = twoDigits(bytes, p) * 100 + twoDigits(bytes, p + 2);
  const month = twoDigits(bytes, p + 5);
  const day = twoDigits(bytes, p + 8);
  const hour = twoDigits(bytes, p + 11);
  const minute = twoDigits(bytes, p + 14);
  const second = twoDigits(bytes, p + 17);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN;
  return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000;
}

/** Ms east of UTC of the zone that fills bytes[p, to), or NaN. */
function zoneMs(bytes: Uint8Array, p: number, to: number): number {
  const sign = bytes[p];
  if (sign === 0x5a /* Z */) return p + 1 === to ? 0 : NaN;
  if ((sign !== 0x2b && sign !== 0x2d) || p + 6 !== to || bytes[p + 3] !== 0x3a) return NaN;
  const hours = twoDigits(bytes, p + 1);
  const minutes = twoDigits(bytes, p + 4);
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return (hours * 60 + minutes) * (sign === 0x2b ? 60_000 : -60_000);
}

function twoDigits(bytes: Uint8Array, p: number): number {
  const tens = (bytes[p] as number) - 0x30;
  const ones = (bytes[p + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (DAYS_IN[month - 1] as number);

/** Days from 1970-01-01 in the proleptic Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const today = (DAYS_BEFORE[month - 1] as number) + (month > 2 && isLeap(year) ? 1 : 0) + day;
  return year * 365 + leapDays + today - 719_528;
}
