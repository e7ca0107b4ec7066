/**
 * Who takes part. A peer is told by its environment what to do: BROKERS, TOPIC, EVENTS, WINDOW_MS,
 * SLIDE_MS, NUMBERS (paths of the numbers whose sum is aggregated), TUNED, ROUNDS (in one process, so that the last is a warm one), WORK (a directory for its
 * state), ROWS (a file for the rows of the last round, as JSON lines). It prints a JSON line for each
 * round: seconds, cpuSeconds, startSeconds. Rows of peers go no further than their memory; ours go to
 * Cassandra.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workloadDefinition } from '../../../engine/bench/definition.ts';
import { checkRows, drain } from '../../../engine/bench/drain.ts';
import type { BenchRow } from '../../../engine/bench/expected-rows.ts';
import { type Bench, KEYSPACE } from '../../../engine/bench/places.ts';
import { numbersOf, type Workload } from '../../../engine/bench/workload.ts';
import { type Command, runToEnd } from './process.ts';
import { compiled, jarsOf, pyspark, workDirectory } from './set-up.ts';

/** A workload in its topic. */
export interface Load {
  readonly workload: Workload;
  readonly topic: string;
  /** The rows of a naive computation. */
  readonly expected: readonly BenchRow[];
}

/** What is to be drained. */
export interface Task extends Load {
  /** The same with twice as many events, for who cannot drain twice in one process. */
  readonly twice: Load;
  readonly bench: Bench;
}

/** How a contestant did. */
export interface Measured {
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMib: number;
  /** Of the first round in the process; null where there is only one. */
  readonly firstEventsPerSecond: number | null;
  /** Snapshots taken; absent for who takes none. */
  readonly snapshots?: number;
  /** Null for who makes none. */
  readonly rows: readonly BenchRow[] | null | 'checked';
}

/** Someone who drains a topic. */
export interface Contestant {
  readonly name: string;
  readonly run: (task: Task) => Promise<Measured>;
}

interface Round {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A peer: a command that obeys the environment. */
function peer(
  name: string,
  { tuned, rounds = 2, command }: { tuned: boolean; rounds?: number; command: () => Command },
): Contestant {
  const run = async ({ workload, topic, bench }: Task): Promise<Measured> => {
    const work = workDirectory(name.split(' ')[0] ?? name);
    const rows = join(work, 'rows.ndjson');
    const { program, args, env } = command();
    const { lines, peakRssMib } = await runToEnd({
      ...{ program, args },
      env: {
        ...env,
        ...{ BROKERS: bench.brokers, TOPIC: topic, EVENTS: String(workload.events) },
        ...{ WINDOW_MS: String(workload.windowMs), SLIDE_MS: String(workload.slideMs) },
        NUMBERS: numbersOf(workload).join(','),
        ...{ TUNED: tuned ? '1' : '0', ROUNDS: String(rounds), WORK: work, ROWS: rows },
      },
    });
    const all = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Round);
    const last = all.at(-1);
    if (last === undefined || all.length !== rounds) throw new Error(`${name} said nothing`);
    const [first] = all;
    return {
      eventsPerSecond: workload.events / last.seconds,
      cpuSecondsPerMillion: (last.cpuSeconds / workload.events) * 1e6,
      peakRssMib,
      firstEventsPerSecond:
        rounds < 2 || first === undefined ? null : workload.events / first.seconds,
      rows: readFileSync(rows, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as BenchRow),
    };
  };
  return { name, run };
}

const java = (directory: string, mainClass: string, options: readonly string[]): Command => ({
  program: 'java',
  args: [...options, '-cp', compiled(directory, mainClass), mainClass],
  env: {},
});

const streams = (tuned: boolean): (() => Command) => {
  return () =>
    java('kafka-streams', 'KafkaStreamsPeer', tuned ? ['-Xmx1g', '-XX:+UseParallelGC'] : []);
};

/** Flink reaches into the JDK. */
const OPENED = [
  'java.lang',
  'java.util',
  'java.util.concurrent',
  'java.net',
  'java.time',
  'java.math',
].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

const flink = (tuned: boolean): (() => Command) => {
  return () =>
    java('flink', 'FlinkPeer', [...OPENED, ...(tuned ? ['-Xmx2g', '-XX:+UseParallelGC'] : [])]);
};

const spark = (): Command => ({
  program: 'python3',
  args: [join(import.meta.dirname, 'spark/peer.py')],
  env: { PYTHONPATH: pyspark(), JARS: jarsOf('spark'), PYSPARK_PYTHON: 'python3' },
});

const plain: Command = {
  program: process.execPath,
  args: [join(import.meta.dirname, 'plain-kafkajs.ts')],
  env: {},
};

/**
 * The engine, as `engine bench` runs it: every row checked in the table. Where peers drain a topic twice
 * it drains one of twice as many events: its warm rate is that of the second half.
 */
export const engine: Contestant = {
  name: 'engine',
  async run({ twice: { workload, topic, expected }, bench }) {
    const definition = workloadDefinition(workload, { ...bench, topic, keyspace: KEYSPACE });
    const done = await drain(definition, bench, null);
    await checkRows(definition, bench, expected);
    return { ...done, firstEventsPerSecond: null, ...done.pace, rows: 'checked' };
  },
};

/** Fetches and discards, over the engine's own sockets or those of kafkajs. */
const nothing = (network: 'own' | 'kafkajs'): Contestant => ({
  name: `null (${network})`,
  async run({ topic, bench }) {
    const script = join(import.meta.dirname, '../null-consumer.ts');
    const args = [script, '--topic', topic, '--network', network, '--json'];
    const env = { KAFKA_BROKERS: bench.brokers };
    const { lines } = await runToEnd({ program: process.execPath, args, env });
    const found = JSON.parse(lines.at(-1) ?? '') as {
      perSecond: number;
      cpuSecondsPerMillion: number;
      peakRssMib: number;
    };
    return { ...found, eventsPerSecond: found.perSecond, firstEventsPerSecond: null, rows: null };
  },
});

/** All of them; the engine first. */
export const contestants: readonly Contestant[] = [
  engine,
  nothing('own'),
  nothing('kafkajs'),
  peer('kafka-streams', { tuned: true, command: streams(true) }),
  peer('kafka-streams (defaults)', { tuned: false, command: streams(false) }),
  peer('flink', { tuned: true, command: flink(true) }),
  peer('flink (defaults)', { tuned: false, command: flink(false) }),
  peer('spark', { tuned: true, command: spark }),
  peer('spark (defaults)', { tuned: false, command: spark }),
  peer('kafkajs', { tuned: true, rounds: 1, command: () => plain }),
];
