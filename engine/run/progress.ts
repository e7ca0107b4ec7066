/** What a run is doing right now, and the line that says so. */
import { formatIso } from '../core/time/civil.ts';

/** A look at a running pipeline. Totals count from the start of this run. */
export interface Progress {
  readonly state: 'starting' | 'running' | 'draining' | 'stopped';
  readonly elapsedMs: number;
  /** CPU time of the process since it started, all threads. */
  readonly cpuMs: number;
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Records behind the ends of the logs; null where there is no end to know. */
  readonly lag: number | null;
  /** Epoch ms; null before the first record. */
  readonly watermark: number | null;
  /** The partition that holds the watermark back. */
  readonly heldBy: string | null;
  readonly inFlightBytes: number;
  /** True while partitions are paused because sinks cannot keep up. */
  readonly backPressure: boolean;
  readonly late: number;
  readonly deadLetters: number;
  /** What a drain waits for. */
  readonly waitingFor: string | null;
}

/** A short number: 1234 → `1,234`, 1234567 → `1.23 M`. */
export function short(value: number): string {
  // By hand: the first number that Intl writes takes 30 ms, at the end of every run.
  if (value < 100_000) return String(Math.round(value)).replace(/\B(?=\d{3}$)/, ',');
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} k` : `${(value / 1e6).toFixed(2)} M`;
}

/** Bytes as MiB. */
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** The progress line, without colour or line end. */
export function progressLine(progress: Progress): string {
  const { records, recordsPerSecond, rows, rowsPerSecond, lag, watermark, heldBy } = progress;
  const parts = [
    `${short(records)} records ${short(recordsPerSecond)}/s`,
    `${short(rows)} rows ${short(rowsPerSecond)}/s`,
  ];
  if (lag !== null) parts.push(`lag ${short(lag)}`);
  if (watermark !== null) {
    const holder = heldBy === null ? '' : ` (${heldBy})`;
    parts.push(`watermark ${formatIso(watermark)}${holder}`);
  }
  const full = progress.backPressure ? ', paused' : '';
  parts.push(`in flight ${mebibytes(progress.inFlightBytes)}${full}`);
  parts.push(`late ${short(progress.late)}`, `dead ${short(progress.deadLetters)}`);
  if (progress.waitingFor !== null) parts.push(`waiting for ${progress.waitingFor}`);
  return parts.join(' │ ');
}

/** The most important of it, for one of several pipelines. */
export function shortLine({
  recordsPerSecond,
  rowsPerSecond,
  lag,
  backPressure,
}: Progress): string {
  const parts = [`${short(recordsPerSecond)} records/s`, `${short(rowsPerSecond)} rows/s`];
  if (lag !== null) parts.push(`lag ${short(lag)}`);
  if (backPressure) parts.push('paused');
  return parts.join(', ');
}

/** Turns totals into rates over the time between two looks. */
export class Rate {
  #total = 0;
  #atMs: number;
  #perSecond = 0;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** The rate since the last look that was at least 200 ms ago, smoothed. */
  look(total: number, nowMs: number): number {
    const elapsed = nowMs - this.#atMs;
    if (elapsed < 200) return this.#perSecond;
    const rate = ((total - this.#total) / elapsed) * 1000;
    this.#perSecond = this.#perSecond === 0 ? rate : (this.#perSecond + rate) / 2;
    this.#total = total;
    this.#atMs = nowMs;
    return this.#perSecond;
  }
}
