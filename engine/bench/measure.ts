/** What `engine bench` is asked to do, and doing it: drains, sweeps, latencies at a rate, the search. */
import { availableParallelism } from 'node:os';
import { messageOf } from '../errors.ts';
import { workloadDefinition } from './definition.ts';
import { checkRows, type Drain, drain } from './drain.ts';
import { expectedRows } from './expected-rows.ts';
import { fill } from './fill.ts';
import { type LatencyResult, measureLatency } from './latency.ts';
import { type Bench, KEYSPACE } from './places.ts';
import { type BenchReport, drainText, latencyText, medianOf, type Point } from './report.ts';
import { searchSustainable } from './sustain.ts';
import { type Sweep, valueText, workloadAt } from './sweep.ts';
import { numbersOf, type Workload, workloadEvents } from './workload.ts';

/** What to measure. */
export interface BenchRequest {
  readonly workload: Workload;
  /** Drains of each point; the median counts. */
  readonly runs: number;
  /** Null: as `engine run` chooses. */
  readonly workers: number | null;
  readonly sweeps: readonly Sweep[];
  /** Open loop at this rate, or from it on when searching; null: drains. */
  readonly rate: number | null;
  readonly durationMs: number;
  /** Search the rate at which 99 % of the rows take this long, ms; null: no search. */
  readonly sustainMs: number | null;
}

/** Halvings of the search. */
const STEPS = 5;
const FIRST_RATE = 50_000;
const LATENCY_WINDOW_MS = 1_000;

/** Measures. Throws EngineError when a run fails or gives other rows than a naive computation. */
export async function measure(request: BenchRequest, bench: Bench): Promise<BenchReport> {
  const machine = { cores: availableParallelism(), node: process.version };
  const { workload, rate, sustainMs } = request;
  const report = { workload, machine, points: [], latency: [], sustainable: null };
  if (sustainMs !== null) return { ...report, ...(await search(request, sustainMs, bench)) };
  if (rate === null) return { ...report, points: await drains(request, bench) };
  const latency = await at(rate, request, bench);
  bench.onNotice(latencyText(latency));
  return { ...report, latency: [latency] };
}

async function drains(request: BenchRequest, bench: Bench): Promise<Point[]> {
  const { workload, sweeps, workers } = request;
  if (sweeps.length === 0) return [await pointOf('', null, request, bench)];
  const points: Point[] = [];
  for (const { dimension, values } of sweeps) {
    for (const value of values) {
      const changed = {
        ...request,
        workload: workloadAt(workload, dimension, value),
        workers: dimension === 'workers' ? value : workers,
      };
      const name = `${dimension}=${valueText(dimension, value)}`;
      points.push(await pointOf(name, value, changed, bench));
    }
  }
  return points;
}

/** Fills a topic, then drains it several times. */
async function pointOf(
  name: string,
  value: number | null,
  { workload, runs, workers }: BenchRequest,
  bench: Bench,
): Promise<Point> {
  const { topic, seconds } = await fill(bench.connection, workload, bench.onNotice);
  if (seconds > 0) bench.onNotice(`filled in ${seconds.toFixed(1)} s`);
  const texts = workloadEvents(workload).map((event) => event.value);
  const expected = expectedRows(texts, { ...workload, numbers: numbersOf(workload) });
  const definition = workloadDefinition(workload, { ...bench, topic, keyspace: KEYSPACE });
  const all: Drain[] = [];
  for (let run = 0; run < runs; run++) {
    const one = await drain(definition, bench, workers);
    await checkRows(definition, bench, expected);
    bench.onNotice(`${name === '' ? 'drain' : name}: ${drainText(one)}`);
    all.push(one);
  }
  const median = medianOf(all);
  bench.onNotice(`median of ${runs}: ${drainText(median)}; rows as a naive computation has them`);
  return { name, value, median, runs: all };
}

const at = (
  eventsPerSecond: number,
  { durationMs, workload }: BenchRequest,
  bench: Bench,
): Promise<LatencyResult> =>
  measureLatency({ ...workload, eventsPerSecond, durationMs, windowMs: LATENCY_WINDOW_MS }, bench);

async function search(
  request: BenchRequest,
  limitMs: number,
  bench: Bench,
): Promise<Pick<BenchReport, 'latency' | 'sustainable'>> {
  const latency: LatencyResult[] = [];
  const found = await searchSustainable(
    { from: request.rate ?? FIRST_RATE, limitMs, steps: STEPS },
    (rate) =>
      at(rate, request, bench).catch((error: unknown) => {
        bench.onNotice(messageOf(error));
        return null;
      }),
    ({ result, eventsPerSecond, verdict }) => {
      if (result !== null) latency.push(result);
      const text = result === null ? `${eventsPerSecond} events/s` : latencyText(result);
      bench.onNotice(`${verdict}: ${text}`);
    },
  );
  const bound = found.bySender ? ' at least: the sender of the bench reaches no more' : '';
  bench.onNotice(`sustained: ${found.eventsPerSecond.toLocaleString('en-US')} events/s${bound}`);
  return { latency, sustainable: found.eventsPerSecond };
}
