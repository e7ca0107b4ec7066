/** `engine bench`: how fast the engine is on this machine, rows checked every time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { writeCharts } from '../bench/charts.ts';
import { removeTopics } from '../bench/fill.ts';
import { type BenchRequest, measure } from '../bench/measure.ts';
import { growthsOf, growthText } from '../bench/growth.ts';
import { openBench } from '../bench/places.ts';
import { type BenchReport, comparisonText } from '../bench/report.ts';
import { dimensionNames, readSweep, type Sweep } from '../bench/sweep.ts';
import { compressions, WORKLOAD_W, type Workload } from '../bench/workload.ts';
import { connectionTo } from '../io/kafka/brokers.ts';
import { duration, wholeNumber } from './option-value.ts';

interface BenchFlags {
  readonly events: number;
  readonly keys: number;
  readonly zipf: number;
  readonly bytes: number;
  readonly partitions: number;
  readonly disorder: number;
  readonly compression: Workload['compression'];
  readonly window: number;
  readonly slide?: number;
  readonly fields: number;
  readonly runs: number;
  readonly workers?: number;
  readonly sweep: readonly Sweep[];
  readonly rate?: number;
  readonly for: number;
  readonly sustain?: true;
  readonly p99: number;
  readonly out?: string;
  readonly compare?: string;
  readonly clean?: true;
  readonly json?: true;
}

const number = (text: string): number => {
  const value = Number(text);
  if (text !== '' && value >= 0) return value;
  throw new InvalidArgumentError('Write a number such as 1.2.');
};

/** Adds the command. */
export function register(program: Command): void {
  const many = wholeNumber(1, 1_000_000_000);
  program
    .command('bench')
    .description('measure throughput and latency on this machine, through KAFKA_BROKERS')
    .option('--events <n>', 'events of the topic', many, WORKLOAD_W.events)
    .option('--keys <n>', 'different group keys', many, WORKLOAD_W.keys)
    .option('--zipf <exponent>', 'keys follow Zipf’s law; 0: all alike', number, WORKLOAD_W.zipf)
    .option('--bytes <n>', 'size of an event at least; 0: about 510', number, WORKLOAD_W.bytes)
    .option(
      '--partitions <n>',
      'partitions of the topic',
      wholeNumber(1, 256),
      WORKLOAD_W.partitions,
    )
    .option(
      '--disorder <duration>',
      'events are up to this much older than their place',
      duration,
      0,
    )
    .addOption(
      new Option('--compression <codec>', 'of the record batches')
        .choices(compressions)
        .default(WORKLOAD_W.compression),
    )
    .option('--window <duration>', 'size of the windows', duration, WORKLOAD_W.windowMs)
    .option('--slide <duration>', 'windows begin this often (default: as their size)', duration)
    .option('--fields <n>', 'fields read of an event', wholeNumber(3, 20), WORKLOAD_W.fields)
    .option('--runs <n>', 'drains; the median counts', wholeNumber(1, 100), 3)
    .option('--workers <n>', 'worker threads (default: as `run`)', wholeNumber(1, 64))
    .option(
      '--sweep <name=n,n…>',
      `the same for several values of ${dimensionNames.join(', ')}`,
      (text: string, before: readonly Sweep[]) => [...before, readSweep(text)],
      [],
    )
    .option(
      '--rate <n>',
      'instead: events a second, sent by the clock, for the latency of rows',
      many,
    )
    .option('--for <duration>', 'how long to send at a rate', duration, 20_000)
    .option('--sustain', 'instead: search the highest rate that is kept up with')
    .option('--p99 <duration>', 'what keeping up means: 99 % of the rows within', duration, 1_000)
    .option('--out <directory>', 'write charts of the sweeps there, as SVG and HTML')
    .option('--compare <file>', 'say how it compares with what an earlier --json printed')
    .option('--clean', 'remove the topics that benches have left, and do nothing else')
    .option('--json', 'the results as one JSON object on stdout')
    .action(run);
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function run(flags: BenchFlags): Promise<void> {
  const { KAFKA_BROKERS: brokers, CASSANDRA_CONTACT_POINTS: contactPoints } = process.env;
  if (flags.clean === true) {
    const removed = await removeTopics(connectionTo(brokers));
    note(removed.length === 0 ? 'no topics of benches' : `removed ${removed.join(', ')}`);
    return;
  }
  const before = flags.compare === undefined ? null : readReport(flags.compare);
  const bench = openBench({ brokers, contactPoints }, note);
  if (bench.contactPoints === null) note('no Cassandra configured: rows go to SQLite');
  try {
    const report = await measure(requestOf(flags), bench);
    if (flags.out !== undefined && flags.sweep.length > 0) {
      const directory = join(findProjectDirectory(process.cwd()), flags.out);
      note(`charts in ${writeCharts(report, flags.sweep, directory)}`);
    }
    const steep = growthText(growthsOf(report.points, flags.sweep));
    if (steep !== '') note(steep.trimEnd());
    if (before !== null) note(comparisonText(report, before).trimEnd());
    if (flags.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    bench.close();
  }
}

const readReport = (file: string): BenchReport =>
  JSON.parse(readFileSync(file, 'utf8')) as BenchReport;

const requestOf = (flags: BenchFlags): BenchRequest => ({
  workload: {
    ...{ events: flags.events, keys: flags.keys, zipf: flags.zipf, bytes: flags.bytes },
    ...{ partitions: flags.partitions, compression: flags.compression },
    ...{ disorderMs: flags.disorder, windowMs: flags.window, fields: flags.fields },
    slideMs: flags.slide ?? flags.window,
  },
  ...{ runs: flags.runs, workers: flags.workers ?? null, sweeps: flags.sweep },
  ...{ rate: flags.rate ?? null, durationMs: flags.for },
  sustainMs: flags.sustain === true ? flags.p99 : null,
});
