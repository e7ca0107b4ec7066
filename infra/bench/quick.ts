/**
 * Did the engine get slower? Workload W from a file into SQLite, beside a loop of plain JavaScript over
 * the same file, in turns: the ratio of the two hardly depends on the machine.
 *
 *     npm run bench:quick [-- --events 300000 --runs 5] [--package] [--out FILE]
 *
 * Under two minutes, no servers. Rows are compared in every run.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { type BenchRow, differenceOf } from '../../engine/bench/expected-rows.ts';
import { WORKLOAD_W, workloadEvents } from '../../engine/bench/workload.ts';
import type { Summary } from '../../engine/run/summary.ts';
import { packageOption, programOf } from './program.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '5' },
    out: { type: 'string' },
    ...packageOption,
  },
});
const events = Number(values.events);
const { bin } = programOf(values);
const ROOT = join(import.meta.dirname, '../..');
const project = mkdtempSync(join(tmpdir(), 'engine-quick-'));

/** The events as lines, made once. */
function input(): string {
  const directory = join(ROOT, '.engine/bench');
  const file = join(directory, `workload-${events}.ndjson`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  const target = openSync(`${file}.tmp`, 'w');
  let lines: string[] = [];
  for (const { value } of workloadEvents({ ...WORKLOAD_W, events })) {
    if (lines.push(value) < 5_000) continue;
    writeSync(target, `${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) writeSync(target, `${lines.join('\n')}\n`);
  closeSync(target);
  renameSync(`${file}.tmp`, file);
  return file;
}

const DEFINITION = `name: quick
connections:
  cassandra: { contact_points: embedded, local_data_center: datacenter1, keyspace: quick, replication: 1 }
sources:
  readings:
    file: "\${INPUT}"
    format: json
    schema: { name: string!, dt: long!, temp: { path: main.temp, type: double! } }
    event_time: { column: dt, unit: s }
stages:
  windows:
    from: readings
    window: { tumbling: 1m }
    group_by: [name]
    aggregate: { n: count(), avg_temp: avg(temp), var_temp: var_samp(temp), max_temp: max(temp) }
sinks:
  windows: { from: windows, cassandra: { table: windows, primary_key: [[name], window_start] } }
`;

/** The loop that the engine is compared with: what anybody would write in an hour. */
const BASELINE = `
import { readFileSync } from 'node:fs';
const begun = performance.now();
const windows = new Map();
for (const line of readFileSync(process.argv[1], 'utf8').split('\\n')) {
  if (line === '') continue;
  const { name, dt, main: { temp } } = JSON.parse(line);
  const start = Math.floor(dt / 60) * 60000;
  const key = start + ' ' + name;
  let w = windows.get(key);
  if (w === undefined) windows.set(key, (w = { name, start, n: 0, mean: 0, m2: 0, max: -Infinity }));
  const delta = temp - w.mean;
  w.mean += delta / ++w.n;
  w.m2 += delta * (temp - w.mean);
  if (temp > w.max) w.max = temp;
}
const rows = Array.from(windows.values(), ({ name, start, n, mean, m2, max }) => ({
  name, window_start: start, n, avg_temp: mean, var_temp: n < 2 ? null : m2 / (n - 1), max_temp: max }));
console.log(JSON.stringify({ ms: performance.now() - begun, rows }));
`;

function node(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: project, encoding: 'utf8', maxBuffer: 1 << 28 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}:\n${stderr}`);
  return stdout;
}

function baseline(file: string): { ms: number; rows: BenchRow[] } {
  return JSON.parse(node(['--input-type=module', '-e', BASELINE, file])) as {
    ms: number;
    rows: BenchRow[];
  };
}

function engine(file: string): { ms: number; rows: BenchRow[] } {
  const said = node([bin, 'run', 'quick.yaml', '--fresh', '--json', '--set', `INPUT=${file}`])
    .trimEnd()
    .split('\n');
  const { summary } = JSON.parse(said.at(-1) ?? '') as { summary: Summary };
  const database = new DatabaseSync(join(project, '.engine/embedded/quick.db'), { readOnly: true });
  const rows = database
    .prepare('SELECT name, window_start, n, avg_temp, var_temp, max_temp FROM windows')
    .all() as unknown as BenchRow[];
  database.close();
  rmSync(join(project, '.engine'), { recursive: true });
  return { ms: summary.usage.drainMs, rows };
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

try {
  const file = input();
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(project, 'quick.yaml'), DEFINITION);
  readFileSync(file); // into the page cache
  const ratios: number[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const [ours, plain] = [engine(file), baseline(file)];
    const difference = differenceOf(ours.rows, plain.rows);
    if (difference !== null) throw new Error(`the rows differ: ${difference}`);
    ratios.push(plain.ms / ours.ms);
  }
  const found = { events, ratio: median(ratios), ratios };
  process.stdout.write(
    `bench:quick: ${found.ratio.toFixed(2)} times as fast as a plain loop (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}), rows equal\n`,
  );
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(found)}\n`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
