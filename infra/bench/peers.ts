/**
 * The engine beside its peers on the same topics, in turns, rows compared in every run.
 *
 *     npm run bench:peers -- [--workload w|sliding|keys|nested] [--events N] [--runs 3] [--only engine,flink] [--package] [--json]
 *
 * Needs KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS; peers install themselves from Maven Central and
 * PyPI. Rates of peers are those of a warm second run in the same process, those in brackets of the
 * first; the engine's are those of the second and the first half of a drain of twice as many events.
 * `--package` measures the npm package.
 */
import { parseArgs } from 'node:util';
import { openBench } from '../../engine/bench/places.ts';
import { WORKLOAD_W } from '../../engine/bench/workload.ts';
import {
  entered,
  openCourse,
  type Outcome,
  runOnce,
  thousands,
  warmServers,
} from './peers/compete.ts';
import { contestants, type Measured } from './peers/contestant.ts';
import { packageOption, programOf } from './program.ts';

const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true, default: ['w'] },
    events: { type: 'string', default: String(WORKLOAD_W.events) },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    ...packageOption,
  },
});
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const only = values.only?.split(',');
const program = programOf(values);
const chosen = contestants.filter(({ name }) => only === undefined || only.includes(name));

async function compete(name: string): Promise<Outcome[]> {
  const { KAFKA_BROKERS: brokers, CASSANDRA_CONTACT_POINTS: contactPoints } = process.env;
  const bench = openBench({ brokers, contactPoints }, note, program);
  try {
    const course = await openCourse(name, Number(values.events), bench);
    const outcomes = chosen.map(entered);
    await warmServers(course, bench);
    for (let run = 0; run < Number(values.runs); run++) {
      for (const outcome of outcomes) await runOnce(outcome, course, bench);
    }
    return outcomes;
  } finally {
    bench.close();
  }
}

/** The run with the median rate. */
const medianOf = (all: readonly Measured[]): Measured =>
  all.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond)[all.length >> 1] as Measured;

function table(outcomes: readonly Outcome[]): string {
  const engine = outcomes.find(({ contestant }) => contestant.name === 'engine');
  const own = engine === undefined ? NaN : medianOf(engine.all).eventsPerSecond;
  const rows = outcomes.map(({ contestant, all, verdicts }) => {
    const median = medianOf(all);
    const { eventsPerSecond, firstEventsPerSecond, cpuSecondsPerMillion, peakRssMib } = median;
    const first = firstEventsPerSecond === null ? '' : ` (${thousands(firstEventsPerSecond)})`;
    const cells = [
      contestant.name,
      `${thousands(eventsPerSecond)}${first}`,
      (own / eventsPerSecond).toFixed(2),
      cpuSecondsPerMillion.toFixed(2),
      peakRssMib.toFixed(0),
      [...verdicts].join('; '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| | events/s (first run) | engine is times as fast | CPU-s a million | peak RSS, MiB | rows |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

for (const name of values.workload) {
  const outcomes = await compete(name);
  if (values.json) {
    const result = outcomes.map(({ contestant, all, verdicts }) => ({
      ...{ name: contestant.name, runs: all, verdicts: [...verdicts] },
    }));
    process.stdout.write(`${JSON.stringify({ workload: name, result })}\n`);
  } else process.stdout.write(`${name}, medians of ${values.runs} runs\n\n${table(outcomes)}\n`);
}
process.exit();
