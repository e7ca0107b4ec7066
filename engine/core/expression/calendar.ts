/** Timestamps as a calendar on the wall shows them, in a time zone. Weeks are those of ISO 8601. */
import { civilOf, DAY_MS, daysInMonth, daysOf, digits } from '../time/civil.ts';
import type { Zone } from '../time/zone.ts';

const TEXT = new RegExp(
  String.raw`^(\d{4})-(\d\d)-(\d\d)` +
    String.raw`(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$`,
);

/**
 * Epoch ms of `2024-03-28`, `2024-03-28 00:00`, `2024-03-28T00:00:00.123+01:00` and the like, or NaN.
 * Without an offset it is local: skipped times shift forward, doubled ones are the earlier (T1).
 */
export function parseInstant(text: string, zone: Zone): number {
  const match = TEXT.exec(text.trim());
  if (match === null) return NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number((part as string | undefined) ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NaN;
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  const fraction = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
  const local = daysOf(year, month, day) * DAY_MS + time;
  const offset = match[8];
  return offset === undefined ? zone.epochOf(local, 'earlier') : local - offsetMs(offset);
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  return minutes * (offset.startsWith('-') ? -60_000 : 60_000);
}

/** `2024-03-28 00:00:00` as local text, with milliseconds where there are some. */
export function formatLocal(epochMs: number, zone: Zone): string {
  const at = civilOf(epochMs + zone.offsetAt(epochMs));
  const date = `${digits(at.year, 4)}-${digits(at.month, 2)}-${digits(at.day, 2)}`;
  const time = `${digits(at.hour, 2)}:${digits(at.minute, 2)}:${digits(at.second, 2)}`;
  return `${date} ${time}${at.millisecond === 0 ? '' : `.${digits(at.millisecond, 3)}`}`;
}

/** Units of fixed length; they keep the offset, so a doubled hour stays the one it is. */
const FIXED = new Map([
  ['millisecond', 1],
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
]);

/** What `date_trunc` cuts to. */
export const TRUNCATIONS = [...FIXED.keys(), 'day', 'week', 'month', 'quarter', 'year'];

/** The beginning of the unit a timestamp lies in, on the local calendar. */
export function truncateTo(unit: string, epochMs: number, zone: Zone): number {
  const offset = zone.offsetAt(epochMs);
  const local = epochMs + offset;
  const fixed = FIXED.get(unit);
  if (fixed !== undefined) return Math.floor(local / fixed) * fixed - offset;
  return zone.epochOf(firstDay(unit, local) * DAY_MS, 'earlier');
}

function firstDay(unit: string, local: number): number {
  const day = Math.floor(local / DAY_MS);
  if (unit === 'day') return day;
  if (unit === 'week') return day - isoWeekday(day) + 1;
  const { year, month } = civilOf(local);
  if (unit === 'month') return daysOf(year, month, 1);
  return daysOf(year, unit === 'year' ? 1 : month - ((month - 1) % 3), 1);
}

/** 1 Monday … 7 Sunday; 1970-01-01 was a Thursday. */
const isoWeekday = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

const dayNumber = (local: number): number => Math.floor(local / DAY_MS);

const PARTS = new Map<string, (local: number) => number>([
  ['year', (local) => civilOf(local).year],
  ['quarter', (local) => Math.floor((civilOf(local).month + 2) / 3)],
  ['month', (local) => civilOf(local).month],
  ['week', isoWeek],
  ['day', (local) => civilOf(local).day],
  // Sunday is 1, as in Spark.
  ['dayofweek', (local) => (isoWeekday(dayNumber(local)) % 7) + 1],
  ['doy', (local) => dayNumber(local) - daysOf(civilOf(local).year, 1, 1) + 1],
  ['hour', (local) => civilOf(local).hour],
  ['minute', (local) => civilOf(local).minute],
  ['second', (local) => civilOf(local).second],
]);

/** What `date_part` can ask for. */
export const DATE_PARTS: readonly string[] = [...PARTS.keys()];

/** One part of a timestamp on the local calendar; `part` is one of DATE_PARTS. */
export function datePart(part: string, epochMs: number, zone: Zone): number {
  return PARTS.get(part)?.(epochMs + zone.offsetAt(epochMs)) ?? NaN;
}

/** The week with the year's first Thursday is week 1. */
function isoWeek(local: number): number {
  const day = dayNumber(local);
  const thursday = day - isoWeekday(day) + 4;
  const newYear = daysOf(civilOf(thursday * DAY_MS).year, 1, 1);
  return Math.floor((thursday - newYear) / 7) + 1;
}
