/** What a bench found, as data for `--json` and `--compare`, and in words. */
import type { Drain } from './drain.ts';
import type { LatencyResult } from './latency.ts';
import type { Workload } from './workload.ts';

/** A measured point: the medians of its runs. */
export interface Point {
  /** What it is compared by, e.g. `keys=1000`; empty for the workload as it is. */
  readonly name: string;
  readonly value: number | null;
  readonly median: Drain;
  readonly runs: readonly Drain[];
}

/** Everything of one call. */
export interface BenchReport {
  readonly workload: Workload;
  readonly machine: { readonly cores: number; readonly node: string };
  readonly points: readonly Point[];
  readonly latency: readonly LatencyResult[];
  /** Events per second. */
  readonly sustainable: number | null;
}

/** The run with the median rate: its numbers belong together. */
export function medianOf(runs: readonly Drain[]): Drain {
  const sorted = runs.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond);
  return sorted[sorted.length >> 1] as Drain;
}

/** A drain on one line. */
export function drainText(drain: Drain): string {
  return [
    `${thousands(drain.eventsPerSecond)} events/s`,
    `${drain.megabytesPerSecond.toFixed(0)} MB/s`,
    `${drain.cpuSecondsPerMillion.toFixed(2)} CPU-s a million`,
    `peak RSS ${drain.peakRssMib.toFixed(0)} MiB`,
    `${(drain.bytesPerFetch / 2 ** 20).toFixed(2)} MiB and ${drain.recordsPerFetch.toFixed(0)} records a fetch`,
    `${drain.snapshots} snapshots`,
    `${drain.rows.toLocaleString('en-US')} rows`,
  ].join(', ');
}

/** Latencies on one line. */
export function latencyText({ eventsPerSecond, latencies, ...more }: LatencyResult): string {
  const { p50, p90, p99, p999, max } = latencies;
  const at = { p50, p90, p99, 'p99.9': p999, max };
  const parts = Object.entries(at).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`);
  return `${thousands(eventsPerSecond)} events/s: ${parts.join(', ')} over ${more.windows} windows (until the broker had an event: up to ${more.senderBehindMs.toFixed(0)} ms of it)`;
}

/** Lines that say how points compare with those of an earlier report; above 1 is more. */
export function comparisonText(now: BenchReport, before: BenchReport): string {
  const lines = now.points.map(({ name, median }) => {
    const old = before.points.find((point) => point.name === name)?.median;
    const title = name === '' ? 'workload' : name;
    if (old === undefined) return `${title}: not measured before`;
    const ratio = (key: keyof Drain): string => (median[key] / old[key]).toFixed(2);
    return `${title}: events/s ×${ratio('eventsPerSecond')}, CPU ×${ratio('cpuSecondsPerMillion')}, peak RSS ×${ratio('peakRssMib')}`;
  });
  for (const { eventsPerSecond, latencies } of now.latency) {
    const old = before.latency.find((result) => result.eventsPerSecond === eventsPerSecond);
    if (old === undefined) continue;
    const [half, most] = [latencies.p50 / old.latencies.p50, latencies.p99 / old.latencies.p99];
    lines.push(
      `${thousands(eventsPerSecond)} events/s: p50 ×${half.toFixed(2)}, p99 ×${most.toFixed(2)}`,
    );
  }
  if (JSON.stringify(now.workload) !== JSON.stringify(before.workload)) {
    lines.push('the workloads differ: so do the numbers');
  }
  return `${lines.join('\n')}\n`;
}

const thousands = (value: number): string => `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} k`;
