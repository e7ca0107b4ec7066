/**
 * Does the engine reach what it should? Everything in one run, each turn in the same order, medians:
 *
 *     npm run bench:goals -- [--runs 5] [--events N] [--for 30s] [--peers] [--package] [--json]
 *
 * Needs KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS, and a machine that does nothing else. Windows go to
 * Cassandra with a snapshot every 500 ms; rows are compared in every drain. `--peers` has the JVM's
 * take part (see peers.ts). `--package` measures the npm package; only the rate of the sink is that of the
 * checkout, in this process.
 */
import { parseArgs } from 'node:util';
import { type LatencyResult, measureLatency } from '../../engine/bench/latency.ts';
import { openBench } from '../../engine/bench/places.ts';
import { latencyText } from '../../engine/bench/report.ts';
import { WORKLOAD_W } from '../../engine/bench/workload.ts';
import { readDuration } from '../../engine/spec/units.ts';
import { type Figures, goalTable, judge } from './goals/judge.ts';
import { sinkRowsPerSecond } from './goals/sink-rate.ts';
import { type Started, startToFirstRow } from './goals/start.ts';
import { entered, openCourse, type Outcome, runOnce, warmServers } from './peers/compete.ts';
import { contestants, type Measured } from './peers/contestant.ts';
import { packageOption, programOf } from './program.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    events: { type: 'string', default: String(WORKLOAD_W.events) },
    for: { type: 'string', default: '30s' },
    peers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    ...packageOption,
  },
});
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const { KAFKA_BROKERS: brokers, CASSANDRA_CONTACT_POINTS: contactPoints } = process.env;
const bench = openBench({ brokers, contactPoints }, note, programOf(values));
if (bench.contactPoints === null) throw new Error('set CASSANDRA_CONTACT_POINTS');
const runs = Number(values.runs);
const events = Number(values.events);

const contestant = (name: string): Outcome => {
  const found = contestants.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no contestant ${name}`);
  return entered(found);
};
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
const medianOf = ({ all }: Outcome, of: (measured: Measured) => number): number =>
  median(all.map(of));
const rateOf = (outcome: Outcome): number =>
  medianOf(outcome, ({ eventsPerSecond }) => eventsPerSecond);

const courses = {
  w: await openCourse('w', events, bench),
  sliding: await openCourse('sliding', events, bench),
  keys: await openCourse('keys', events, bench),
};
const engine = contestant('engine');
const nothing = contestant('null (own)');
const [sliding, keys] = [contestant('engine'), contestant('engine')];
const peers = values.peers ? ['kafka-streams', 'flink', 'spark'].map(contestant) : [];
const starts: Started[] = [];
const sinkRates: number[] = [];

try {
  await warmServers(courses.w, bench);
  for (let run = 0; run < runs; run++) {
    note(`turn ${run + 1} of ${runs}: W, nothing, sliding, 10,000 keys`);
    await runOnce(engine, courses.w, bench);
    await runOnce(nothing, courses.w, bench);
    await runOnce(sliding, courses.sliding, bench);
    await runOnce(keys, courses.keys, bench);
    for (const peer of peers) await runOnce(peer, courses.w, bench);
    const start = await startToFirstRow(courses.w, bench);
    note(
      `first row after ${start.againMs.toFixed(0)} ms, with new tables ${start.firstMs.toFixed(0)} ms`,
    );
    starts.push(start);
    sinkRates.push(await sinkRowsPerSecond(bench));
    note(`${sinkRates.at(-1)?.toFixed(0)} rows a second into Cassandra`);
  }
  const latency = await latencyAt(Math.round(rateOf(engine) / 4));
  const figures: Figures = {
    ...{ engine: rateOf(engine), nothing: rateOf(nothing) },
    ...{ sliding: rateOf(sliding), keys: rateOf(keys) },
    cpuSecondsPerMillion: medianOf(engine, (run) => run.cpuSecondsPerMillion),
    peakRssMib: medianOf(engine, (run) => run.peakRssMib),
    snapshots: Math.min(...engine.all.map(({ snapshots = 0 }) => snapshots)),
    startMs: median(starts.map(({ againMs }) => againMs)),
    sinkRowsPerSecond: median(sinkRates),
    latency: latency === null ? null : latency.latencies,
    peers: Object.fromEntries(peers.map((peer) => [peer.contestant.name, rateOf(peer)])),
  };
  const goals = judge(figures);
  const all = { engine, nothing, sliding, keys, peers, starts, sinkRates, latency };
  process.stdout.write(
    values.json ? `${JSON.stringify({ figures, goals, all })}\n` : `\n${goalTable(goals)}`,
  );
} finally {
  bench.close();
}
process.exit();

/** The rate may be more than the sender reaches: what it says of itself then stands beside it. */
async function latencyAt(eventsPerSecond: number): Promise<LatencyResult | null> {
  const durationMs = readDuration(values.for);
  if (durationMs === null || durationMs === 0) return null;
  const settings = { ...WORKLOAD_W, eventsPerSecond, durationMs, windowMs: 1_000 };
  const found = await measureLatency(settings, bench);
  note(latencyText(found));
  return found;
}
