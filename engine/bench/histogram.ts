/** Latencies, by the HdrHistogram that comes with Node. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Percentiles, ms. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Collects latencies from 1 µs on, to three significant digits. */
export class LatencyHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  /** Adds a latency `times` over; what is below a microsecond counts as one. */
  add(ms: number, times = 1): void {
    const micros = Math.max(1, Math.round(ms * 1000));
    for (let i = 0; i < times; i++) this.#histogram.record(micros);
  }

  get latencies(): Latencies {
    const at = (percentile: number): number => this.#histogram.percentile(percentile) / 1000;
    return {
      count: this.#histogram.count,
      ...{ p50: at(50), p90: at(90), p99: at(99), p999: at(99.9) },
      max: this.#histogram.count === 0 ? 0 : this.#histogram.max / 1000,
    };
  }
}
