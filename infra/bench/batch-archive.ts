/**
 * The batch layer against DuckDB and PySpark: pipelines/batch.yaml over archived readings in the page
 * cache, and the same query over the same file, in turns.
 *
 *     npx node infra/bench/batch-archive.ts --readings 10000000 --runs 3 [--pyspark] [--package]
 *
 * DuckDB and PySpark are installed below .engine/bench for it, not dependencies. `--package` measures the
 * npm package.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pyspark } from './peers/set-up.ts';
import { packageOption, programOf } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, '.engine/bench');
const SINCE = '2024-03-28 00:00:00';
const UNTIL = '2034-01-01 00:00:00';
const CITIES =
  'Paris Marseille Lyon Toulouse Nice Nantes Montpellier Strasbourg Bordeaux Lille Brest Rennes'.split(
    ' ',
  );

const { values } = parseArgs({
  options: {
    readings: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '3' },
    pyspark: { type: 'boolean', default: false },
    ...packageOption,
  },
});
const readings = Number(values.readings);
const { bin } = programOf(values);

interface Row {
  readonly city: string;
  readonly [column: string]: number | string | null;
}

interface Measured {
  readonly wallMs: number;
  /** Not known of a peer whose work is done by a process of its own. */
  readonly cpuMs?: number;
  readonly peakMib?: number;
  readonly rows: readonly Row[];
}

/** The readings, made once: twelve cities every thirty seconds. */
function archive(): string {
  const path = join(DIRECTORY, `readings-${readings}.ndjson`);
  if (existsSync(path)) return path;
  mkdirSync(DIRECTORY, { recursive: true });
  const file = openSync(path, 'w');
  const begin = Date.parse('2024-03-28T00:00:00Z');
  for (let at = 0; at < readings;) {
    let text = '';
    for (const until = Math.min(readings, at + 10_000); at < until; at++) {
      const city = CITIES[at % 12] as string;
      const round = Math.floor(at / 12);
      const date = new Date(begin + round * 30_000).toISOString().slice(0, 19).replace('T', ' ');
      const temperature = Math.round(1000 + 900 * Math.sin(at / 700)) / 100;
      const felt = Math.round(100 * (temperature - 1.5 - (at % 7) / 3)) / 100;
      text += `{"date": "${date}", "city": "${city}", "lon": 2.3522, "lat": 48.8566, "temperature": ${temperature}, "feels_like": ${felt}}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
  return path;
}

const DUCKDB = `
import { createRequire } from 'node:module';
const { DuckDBInstance } = createRequire(process.argv[1])('@duckdb/node-api');
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const result = await connection.runAndReadAll(\`
  select city, avg(temperature) avg_temperature, var_samp(temperature) variance_temperature,
    avg(feels_like) avg_feels_like, var_samp(feels_like) variance_feels_like,
    avg(feels_like) - avg(temperature) diff_feels_like_temperature
  from read_json('\${process.argv[2]}', format = 'newline_delimited',
    columns = { date: 'TIMESTAMP', city: 'VARCHAR', temperature: 'FLOAT', feels_like: 'FLOAT' })
  where date >= '${SINCE}' and date < '${UNTIL}' group by city order by city\`);
for (const row of result.getRowObjectsJson()) console.log(JSON.stringify(row));
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.error(JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMib: maxRSS / 1024 }));
`;

/** Makes sure that DuckDB is there; the path its package is found from. */
function duckdb(): string {
  const prefix = join(DIRECTORY, 'duckdb');
  if (!existsSync(join(prefix, 'node_modules/@duckdb/node-api'))) {
    mkdirSync(prefix, { recursive: true });
    const options = ['--no-save', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', '--prefix', prefix, ...options, '@duckdb/node-api']);
  }
  return join(prefix, 'package.json');
}

const PYSPARK = `
import json, sys
from pyspark.sql import SparkSession, functions as f
spark = (SparkSession.builder.master('local[2]').config('spark.ui.enabled', 'false').config('spark.ui.showConsoleProgress', 'false')
    .config('spark.sql.shuffle.partitions', '2').config('spark.driver.memory', '2g')
    .config('spark.sql.session.timeZone', 'UTC').getOrCreate())
spark.sparkContext.setLogLevel('ERROR')
rows = (spark.read.schema('date timestamp, city string, temperature float, feels_like float')
    .option('timestampFormat', 'yyyy-MM-dd HH:mm:ss').json(sys.argv[1])
    .where("date >= '${SINCE}' and date < '${UNTIL}'").groupBy('city')
    .agg(f.avg('temperature').alias('avg_temperature'),
        f.var_samp('temperature').alias('variance_temperature'),
        f.avg('feels_like').alias('avg_feels_like'),
        f.var_samp('feels_like').alias('variance_feels_like'),
        (f.avg('feels_like') - f.avg('temperature')).alias('diff_feels_like_temperature'))
    .orderBy('city').collect())
for row in rows: print(json.dumps(row.asDict()))
spark.stop()
`;

/** Runs a process to its end; wall time is from its start, so it holds what starting costs. */
async function run(
  args: readonly string[],
  program = process.execPath,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ out: string; err: string; wallMs: number }> {
  const started = performance.now();
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}:\n${err}`);
  return { out, err, wallMs: performance.now() - started };
}

const rowsOf = (out: string): Row[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

async function engine(path: string): Promise<Measured> {
  const sets = [`ARCHIVE=${path}`, `SINCE=${SINCE}`, `UNTIL=${UNTIL}`];
  const { out, err, wallMs } = await run([
    ...[bin, 'run', 'pipelines/batch.yaml', '--fresh', '--json'],
    ...sets.flatMap((set) => ['--set', set]),
  ]);
  const line = err.split('\n').find((one) => one.startsWith('{"summary"')) ?? '';
  const { summary } = JSON.parse(line) as {
    summary: { usage: { cpuMs: number; peakRssBytes: number } };
  };
  const { cpuMs, peakRssBytes } = summary.usage;
  return { wallMs, cpuMs, peakMib: peakRssBytes / 2 ** 20, rows: rowsOf(out) };
}

async function byDuckdb(path: string, found: string): Promise<Measured> {
  const { out, err, wallMs } = await run(['--input-type=module', '-e', DUCKDB, found, path]);
  const usage = JSON.parse(err.trim()) as { cpuMs: number; peakMib: number };
  return { wallMs, ...usage, rows: rowsOf(out) };
}

async function byPyspark(path: string, found: string): Promise<Measured> {
  const env = { ...process.env, PYTHONPATH: found };
  const { out, wallMs } = await run(['-c', PYSPARK, path], 'python3', env);
  return { wallMs, rows: rowsOf(out) };
}

/** Results agree within 1e-9 (O3): sums of 32-bit values are made in 64 bits by all of them. */
function checkEqual(ours: readonly Row[], theirs: readonly Row[]): void {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} rows, not ${theirs.length}`);
  for (const row of ours) {
    const other = theirs.find(({ city }) => city === row.city);
    for (const [name, value] of Object.entries(row)) {
      const want = other?.[name];
      const isSame =
        typeof value === 'number'
          ? Math.abs(value - Number(want)) <= 1e-9 * Math.max(1, Math.abs(value))
          : value === want;
      if (!isSame) throw new Error(`${row.city}: ${name} is ${String(value)}, not ${String(want)}`);
    }
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

function report(name: string, all: readonly Measured[]): void {
  const wallMs = median(all.map((one) => one.wallMs));
  const rate = Math.round(readings / wallMs);
  const parts = [`${name.padEnd(7)} ${(wallMs / 1000).toFixed(2)} s`, `${rate} k readings/s`];
  const cpu = median(all.map((one) => one.cpuMs ?? NaN)) / 1000;
  const peak = Math.max(...all.map((one) => one.peakMib ?? NaN));
  if (!Number.isNaN(cpu)) parts.push(`${cpu.toFixed(2)} CPU-s`, `${peak.toFixed(0)} MiB`);
  process.stdout.write(`${parts.join('  ')}\n`);
}

const path = archive();
const peers: [name: string, find: () => string, read: typeof byDuckdb][] = [
  ['duckdb', duckdb, byDuckdb],
  ...(values.pyspark ? [['pyspark', pyspark, byPyspark] as (typeof peers)[number]] : []),
];
const places = peers.map(([, find]) => find());
execFileSync('cat', [path], { stdio: 'ignore' }); // into the page cache
const ours: Measured[] = [];
const theirs = peers.map((): Measured[] => []);
for (let i = 0; i < Number(values.runs); i++) {
  const own = await engine(path);
  ours.push(own);
  for (const [p, [, , read]] of peers.entries()) {
    const other = await read(path, places[p] as string);
    checkEqual(own.rows, other.rows);
    theirs[p]?.push(other);
  }
}
report('engine', ours);
for (const [p, [name]] of peers.entries()) {
  const all = theirs[p] ?? [];
  report(name, all);
  const ratios = ours.map(({ wallMs }, i) => wallMs / (all[i]?.wallMs ?? NaN));
  process.stdout.write(
    `time engine/${name}: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}, rows equal\n`,
  );
}
