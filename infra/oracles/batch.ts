/** What pipelines/batch.yaml makes of readings, computed naively. */
import { instantOf } from './local-time.ts';
import { statisticsOf } from './statistics.ts';

const TIMEZONE = 'Europe/Paris';

/** A row of weather_batch. */
export interface BatchRow {
  readonly city: string;
  readonly avg_temperature: number;
  readonly variance_temperature: number | null;
  readonly avg_feels_like: number;
  readonly variance_feels_like: number | null;
  readonly diff_feels_like_temperature: number;
}

interface Reading {
  readonly date: string;
  readonly city: string;
  readonly temperature: number;
  readonly feels_like: number;
}

/**
 * One row a city with readings in [since, until), local times of Paris, in the order of the names.
 * `float` columns are 32-bit: what is aggregated is rounded to that first, the results are not.
 */
export function batchRows(lines: readonly string[], since: string, until: string): BatchRow[] {
  const from = instantOf(since, TIMEZONE);
  const to = instantOf(until, TIMEZONE);
  const chosen = lines
    .map((line) => JSON.parse(line) as Reading)
    .filter(({ date }) => {
      const at = instantOf(date, TIMEZONE);
      return at >= from && at < to;
    });
  const cities = [...new Set(chosen.map(({ city }) => city))].sort();
  return cities.map((city) => {
    const own = chosen.filter((reading) => reading.city === city);
    const temperature = statisticsOf(own.map((one) => Math.fround(one.temperature)));
    const felt = statisticsOf(own.map((one) => Math.fround(one.feels_like)));
    return {
      city,
      avg_temperature: temperature.mean,
      variance_temperature: temperature.variance,
      avg_feels_like: felt.mean,
      variance_feels_like: felt.variance,
      diff_feels_like_temperature: felt.mean - temperature.mean,
    };
  });
}
