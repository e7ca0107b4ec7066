/** Contestants drain the same topic in turns, their rows compared in every run. */
import { expectedRows } from '../../../engine/bench/expected-rows.ts';
import { fill } from '../../../engine/bench/fill.ts';
import type { Bench } from '../../../engine/bench/places.ts';
import {
  numbersOf,
  WORKLOAD_W,
  type Workload,
  workloadEvents,
} from '../../../engine/bench/workload.ts';
import { sinkRowsPerSecond } from '../goals/sink-rate.ts';
import { type Contestant, engine, type Load, type Measured } from './contestant.ts';
import { verdictOf } from './verdict.ts';

/** W reads three fields of OpenWeatherMap's nested reply; the others change one thing about it. */
export const workloads: Readonly<Record<string, Workload>> = {
  w: WORKLOAD_W,
  sliding: { ...WORKLOAD_W, windowMs: 3_600_000 },
  keys: { ...WORKLOAD_W, keys: 10_000, windowMs: 3_600_000, slideMs: 3_600_000 },
  /** The time, the name, and eight numbers out of four objects. */
  nested: { ...WORKLOAD_W, fields: 10 },
};

/** How a contestant did in all its runs. */
export interface Outcome {
  readonly contestant: Contestant;
  readonly all: Measured[];
  /** What was found of its rows. */
  readonly verdicts: Set<string>;
}

/** What is to be drained, once and twice. */
export interface Course extends Loaded {
  readonly twice: Loaded;
}

interface Loaded extends Load {
  /** The latest event time, epoch ms. */
  readonly lastMs: number;
}

/** A workload of so many events, and one of twice as many, each in its topic. */
export async function openCourse(name: string, events: number, bench: Bench): Promise<Course> {
  const known = workloads[name];
  if (known === undefined) throw new Error(`workloads are ${Object.keys(workloads).join(', ')}`);
  return {
    ...(await load({ ...known, events }, bench)),
    twice: await load({ ...known, events: events * 2 }, bench),
  };
}

async function load(workload: Workload, bench: Bench): Promise<Loaded> {
  const { topic } = await fill(bench.connection, workload, bench.onNotice);
  let lastMs = -Infinity;
  function* texts(): Generator<string> {
    for (const { value, timestamp } of workloadEvents(workload)) {
      lastMs = Number(timestamp);
      yield value;
    }
  }
  const expected = expectedRows(texts(), { ...workload, numbers: numbersOf(workload) });
  return { workload, topic, expected, lastMs };
}

/** So often until Cassandra's JVM has compiled what writes rows, and what a drain asks of it besides. */
const WARMING = { writes: 4, drains: 3 };

/**
 * Has both servers compile what they are about to do: peers bring a JVM each that is measured warm, and
 * one that compiles takes a core from whoever runs beside it.
 */
export async function warmServers(course: Course, bench: Bench): Promise<void> {
  if (bench.contactPoints === null) return;
  bench.onNotice('warming the servers up');
  for (let i = 0; i < WARMING.writes; i++) await sinkRowsPerSecond(bench);
  for (let i = 0; i < WARMING.drains; i++) await engine.run({ ...course, bench });
}

/** Has a contestant run once, and looks at its rows. */
export async function runOnce(
  { contestant, all, verdicts }: Outcome,
  course: Course,
  bench: Bench,
): Promise<void> {
  const { workload, expected, lastMs } = course;
  const measured = await contestant.run({ ...course, bench });
  const { rows } = measured;
  if (rows === 'checked') verdicts.add('all rows');
  else if (rows !== null) {
    verdicts.add(verdictOf(rows, expected, { lastMs, windowMs: workload.windowMs }));
  }
  all.push({ ...measured, rows: null });
  bench.onNotice(lineOf(contestant.name, measured, [...verdicts].join('; ')));
}

/** An outcome without runs. */
export const entered = (contestant: Contestant): Outcome => ({
  ...{ contestant, all: [], verdicts: new Set() },
});

/** In thousands. */
export const thousands = (value: number): string => `${(value / 1000).toFixed(0)} k`;

function lineOf(name: string, measured: Measured, verdict: string): string {
  const { eventsPerSecond, firstEventsPerSecond, cpuSecondsPerMillion, peakRssMib } = measured;
  const first = firstEventsPerSecond === null ? '' : ` (first ${thousands(firstEventsPerSecond)})`;
  return `${name.padEnd(26)} ${thousands(eventsPerSecond).padStart(8)}/s${first}, ${cpuSecondsPerMillion.toFixed(2)} CPU-s a million, ${peakRssMib.toFixed(0)} MiB${verdict === '' ? '' : `, ${verdict}`}`;
}
