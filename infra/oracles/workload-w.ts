/** What workload W (docs/performance.md) gives: count, mean, sample variance and maximum by name and minute. */
import { statisticsOf } from './statistics.ts';

const MINUTE = 60_000;

/** A row of workload W; `window_start` in epoch ms. */
export interface WorkloadRow {
  readonly name: string;
  readonly window_start: number;
  readonly n: number;
  readonly avg_temp: number;
  readonly var_temp: number | null;
  readonly max_temp: number;
}

interface Event {
  readonly name: string;
  readonly dt: number;
  readonly main: { readonly temp: number };
}

/**
 * The rows of events (JSON text, in order), the windows that are open at the end included. W has no
 * late events: its time never goes back. Keeps all temperatures: some 16 MB for two million events.
 */
export function workloadRows(events: Iterable<string>): WorkloadRow[] {
  const windows = new Map<string, { name: string; start: number; values: number[] }>();
  for (const text of events) {
    const { name, dt, main } = JSON.parse(text) as Event;
    const start = Math.floor((dt * 1000) / MINUTE) * MINUTE;
    const id = `${start} ${name}`;
    const window = windows.get(id) ?? { name, start, values: [] };
    window.values.push(main.temp);
    windows.set(id, window);
  }
  return [...windows.values()].map(({ name, start, values }) => {
    const { n, mean, variance, max } = statisticsOf(values);
    return {
      name,
      window_start: start,
      n,
      avg_temp: mean,
      var_temp: variance,
      max_temp: max,
    };
  });
}
