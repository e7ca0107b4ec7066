/** What pipelines/weather.yaml makes of readings, computed naively. */
import { instantOf } from './local-time.ts';
import { statisticsOf } from './statistics.ts';
import { type TimedRecord, type WindowResult, type WindowRules, runWindows } from './windows.ts';

const TIMEZONE = 'Europe/Paris';
const MINUTE = 60_000;
const OUT_OF_ORDER = 10_000;
const TEN_MINUTES: WindowRules = {
  size: 10 * MINUTE,
  slide: 10 * MINUTE,
  grace: 2 * MINUTE,
  outOfOrder: OUT_OF_ORDER,
};
const LAST_HOUR: WindowRules = {
  size: 60 * MINUTE,
  slide: 5 * MINUTE,
  grace: 0,
  outOfOrder: OUT_OF_ORDER,
};

/** A row of weather_table. Columns that are `float` hold 32-bit values. */
export interface FeltRow {
  readonly date: string;
  readonly city: string;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly temperature: number;
  readonly feels_like: number;
  readonly temperature_minus_feels_like: number;
}

/** A row of weather_10m; times in epoch ms. */
export interface TenMinutesRow {
  readonly city: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly n: number;
  readonly avg_temperature: number;
  readonly variance_temperature: number | null;
  readonly max_temperature: number;
  readonly coldest_at: string;
  readonly p95_gap: number;
  readonly complete: boolean;
}

/** A row of weather_1h; times in epoch ms. */
export interface LastHourRow {
  readonly city: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly n: number;
  readonly avg_temperature: number;
  readonly stddev_temperature: number | null;
  readonly complete: boolean;
}

/** All rows, and the lines that were late for all windows of a stage. */
export interface WeatherRows {
  /** By city and date, of which the last in offset order counts. */
  readonly felt: readonly FeltRow[];
  readonly tenMinutes: readonly TenMinutesRow[];
  readonly lastHour: readonly LastHourRow[];
  readonly filtered: number;
  readonly lateForTenMinutes: readonly string[];
  readonly lateForLastHour: readonly string[];
}

interface Reading {
  readonly partition: number;
  readonly line: string;
  readonly time: number;
  readonly row: FeltRow;
}

/**
 * The rows of valid readings: NDJSON lines by partition, in offset order. `ended` as runWindows has
 * it; else the open windows are there too, not complete (R7, `--until end`).
 */
export function weatherRows(
  partitions: readonly (readonly string[])[],
  { ended }: { ended: boolean },
): WeatherRows {
  const readings = partitions.flatMap((lines, partition) =>
    lines.map((line) => readingOf(line, partition)),
  );
  const isKept = ({ row }: Reading): boolean => row.temperature >= -90 && row.temperature <= 60;
  const records = readings.map((reading): TimedRecord => {
    const { partition, time, row } = reading;
    const entry = isKept(reading) ? { key: row.city, value: row.temperature } : null;
    return { partition, time, entry };
  });
  const ten = runWindows(records, TEN_MINUTES, { ended });
  const hour = runWindows(records, LAST_HOUR, { ended });
  const felt = new Map<string, FeltRow>();
  for (const { row } of readings.filter(isKept)) felt.set(`${row.date} ${row.city}`, row);
  const linesOf = (late: readonly number[]): string[] =>
    late.map((at) => (readings[at] as Reading).line);
  return {
    felt: [...felt.values()],
    tenMinutes: tenMinutesRows(ten, readings),
    lastHour: lastHourRows(hour),
    filtered: readings.filter((reading) => !isKept(reading)).length,
    lateForTenMinutes: linesOf(ten.late),
    lateForLastHour: linesOf(hour.late),
  };
}

function readingOf(line: string, partition: number): Reading {
  const { date, city, lat, lon, temperature, feels_like } = JSON.parse(line) as FeltRow;
  const float = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : Math.fround(value);
  const row = {
    date,
    city,
    lat: float(lat),
    lon: float(lon),
    temperature: Math.fround(temperature),
    feels_like: Math.fround(feels_like),
    // O4: float ∘ float is rounded to 32 bits.
    temperature_minus_feels_like: Math.fround(Math.fround(temperature) - Math.fround(feels_like)),
  };
  return { partition, line, time: instantOf(date, TIMEZONE), row };
}

const tenMinutesRows = ({ windows }: WindowResult, readings: readonly Reading[]): TenMinutesRow[] =>
  windows.map(({ key, start, end, values, positions, complete }) => {
    const { n, mean, variance, max } = statisticsOf(values);
    const inside = positions.map((at) => readings[at] as Reading);
    return {
      city: key,
      window_start: start,
      window_end: end,
      n,
      avg_temperature: mean,
      variance_temperature: variance,
      max_temperature: max,
      coldest_at: coldestOf(inside),
      p95_gap: percentileOf(0.95, inside),
      complete,
    };
  });

/** O1: of equally cold readings the first by event time, partition and offset. */
function coldestOf(readings: readonly Reading[]): string {
  // Readings of a partition are in offset order; sorting keeps it.
  const [coldest] = readings.toSorted(
    (a, b) => a.row.temperature - b.row.temperature || a.time - b.time || a.partition - b.partition,
  );
  return coldest?.row.date ?? '';
}

/** The smallest gap with at least the share p of all gaps up to it; ten minutes have few readings. */
function percentileOf(p: number, readings: readonly Reading[]): number {
  const gaps = readings.map(({ row }) => row.temperature_minus_feels_like);
  const at = Math.max(1, Math.ceil(p * gaps.length)) - 1;
  return gaps.toSorted((a, b) => a - b)[at] ?? NaN;
}

const lastHourRows = ({ windows }: WindowResult): LastHourRow[] =>
  windows.map(({ key, start, end, values, complete }) => {
    const { n, mean, deviation } = statisticsOf(values);
    return {
      city: key,
      window_start: start,
      window_end: end,
      n,
      avg_temperature: mean,
      stddev_temperature: deviation,
      complete,
    };
  });
