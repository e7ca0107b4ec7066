/**
 * Workload W through the whole engine: a full topic drained from a real Kafka into a real Cassandra,
 * alternating with null consumers (null-consumer.ts), every row checked every time.
 *
 *   node infra/bench/workload-w.ts [--events 2000000] [--runs 5] [--topic NAME] [--workers N] [--json]
 *
 * Needs KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS; fills the topic unless it holds the events.
 * `--profile DIR` writes CPU profiles of the engine's threads.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireClient } from '../../engine/io/cassandra/client.ts';
import { listTopics } from '../../engine/io/kafka/admin.ts';
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import type { Summary } from '../../engine/run/summary.ts';
import { type WorkloadRow, workloadRows } from '../oracles/workload-w.ts';
import { differenceOf } from './row-difference.ts';
import { workloadEvents } from './workload-events.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '5' },
    topic: { type: 'string' },
    pipeline: { type: 'string', default: join(import.meta.dirname, 'workload-w.yaml') },
    workers: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const events = Number(values.events);
const topic = values.topic ?? `workload-w-${events}`;
const keyspace = `bench_w_${process.pid}`;
const bin = join(import.meta.dirname, '../../engine/bin.js');
const project = mkdtempSync(join(tmpdir(), 'engine-bench-'));
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** What one drain took. */
interface Drain {
  readonly perSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMib: number;
  /** Of the engine only. */
  readonly snapshots?: number;
  /** From the start of the process, s. */
  readonly wholeSeconds?: number;
}

/** Runs node to its end; its stdout. */
async function node(args: readonly string[], more: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: project,
    env: { ...process.env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}\n${text}`);
  return text;
}

async function fill(): Promise<void> {
  const found = await listTopics(connectionTo(process.env['KAFKA_BROKERS']));
  const { records } = found.find(({ name }) => name === topic) ?? {};
  if (records === events) return;
  if (records !== undefined) throw new Error(`topic ${topic} holds ${records} records: delete it`);
  note(`filling topic ${topic}`);
  const script = join(import.meta.dirname, 'fill-topic.ts');
  await node([script, '--topic', topic, '--events', String(events)]);
}

/** Two ways to fetch and discard: over the engine's own sockets, and over those of kafkajs. */
const NETWORKS = ['own', 'kafkajs'] as const;

async function drainNull(network: (typeof NETWORKS)[number]): Promise<Drain> {
  const script = join(import.meta.dirname, 'null-consumer.ts');
  const args = ['--topic', topic, '--network', network, '--json'];
  return JSON.parse(await node([script, ...args])) as Drain;
}

async function drainEngine(): Promise<Drain> {
  const begun = performance.now();
  const args = ['run', values.pipeline, '--until', 'end', '--fresh', '--json'];
  const { profile, workers } = values;
  if (workers !== undefined) args.push('--workers', workers);
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];
  const text = await node([...flags, bin, ...args], { TOPIC: topic, KEYSPACE: keyspace });
  const wholeSeconds = (performance.now() - begun) / 1000;
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const { summary } = JSON.parse(last) as { summary: Summary };
  const { drainMs, cpuMs, peakRssBytes } = summary.usage;
  if (summary.records !== events) throw new Error(`the engine read ${summary.records} records`);
  return {
    perSecond: (events / drainMs) * 1000,
    cpuSecondsPerMillion: (cpuMs / events) * 1000,
    peakRssMib: peakRssBytes / 2 ** 20,
    snapshots: summary.snapshots.taken,
    wholeSeconds,
  };
}

/** Reads the rows, drops the keyspace, and throws unless the rows are those of the oracle. */
async function checkRows(expected: readonly WorkloadRow[]): Promise<void> {
  const shared = await acquireClient(
    {
      name: 'bench',
      kind: 'cassandra',
      addresses: (process.env['CASSANDRA_CONTACT_POINTS'] ?? '').split(','),
      options: { local_data_center: 'datacenter1', keyspace },
    },
    { signal: new AbortController().signal, onNotice: note },
  );
  const result = await shared.client.execute(`SELECT * FROM ${keyspace}.minutes`, [], {
    fetchSize: 5_000,
  });
  const rows: WorkloadRow[] = [];
  for await (const row of result) {
    rows.push({
      name: String(row.get('name')),
      window_start: (row.get('window_start') as Date).getTime(),
      n: Number(row.get('n')),
      avg_temp: row.get('avg_temp') as number,
      var_temp: row.get('var_temp') as number | null,
      max_temp: row.get('max_temp') as number,
    });
  }
  await shared.client.execute(`DROP KEYSPACE ${keyspace}`, [], { readTimeout: 60_000 });
  await shared.release();
  const difference = differenceOf(rows, expected);
  if (difference !== null) throw new Error(`the rows are not those of the oracle: ${difference}`);
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

function show(name: string, drain: Drain): void {
  const { perSecond, cpuSecondsPerMillion, peakRssMib, snapshots, wholeSeconds } = drain;
  const parts = [
    `${name.padEnd(14)} ${(perSecond / 1000).toFixed(0).padStart(6)} k/s`,
    `${cpuSecondsPerMillion.toFixed(2)} CPU-s a million`,
    `peak RSS ${peakRssMib.toFixed(0)} MiB`,
  ];
  if (snapshots !== undefined) parts.push(`${snapshots} snapshots`);
  if (wholeSeconds !== undefined) parts.push(`${wholeSeconds.toFixed(1)} s with start and end`);
  note(parts.join(', '));
}

writeFileSync(join(project, 'package.json'), '{}\n');
try {
  await fill();
  const expected = workloadRows(workloadEvents(events).map(({ value }) => value));
  note(`${events} events, ${expected.length} rows`);
  const nulls = new Map(NETWORKS.map((network): [string, Drain[]] => [network, []]));
  const engines: Drain[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    for (const network of NETWORKS) {
      const nothing = await drainNull(network);
      nulls.get(network)?.push(nothing);
      show(`null, ${network}`, nothing);
    }
    const engine = await drainEngine();
    engines.push(engine);
    show('engine', engine);
    await checkRows(expected);
  }
  const rate = median(engines.map(({ perSecond }) => perSecond));
  const ratios = Array.from(nulls, ([network, drains]): [string, number] => [
    network,
    rate / median(drains.map(({ perSecond }) => perSecond)),
  ]);
  const shown = ratios.map(([network, ratio]) => `${ratio.toFixed(2)} of ${network}`);
  note(`medians: of the null consumers ${shown.join(', ')}; all rows as the oracle's`);
  if (values.json) {
    const all = Object.fromEntries(nulls);
    const lines = { ratios: Object.fromEntries(ratios), engines, nulls: all };
    process.stdout.write(`${JSON.stringify(lines)}\n`);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
process.exit();
