/**
 * The engine beside its peers on the same topics, in turns, rows compared in every run.
 *
 *     npm run bench:peers -- [--workload w|sliding|keys] [--events N] [--runs 3] [--only engine,flink] [--json]
 *
 * Needs KAFKA_BROKERS and CASSANDRA_CONTACT_POINTS; peers install themselves from Maven Central and
 * PyPI. Rates of peers are those of a warm second run in the same process, those in brackets of the first.
 */
import { parseArgs } from 'node:util';
import { expectedRows } from '../../engine/bench/expected-rows.ts';
import { fill } from '../../engine/bench/fill.ts';
import { openBench } from '../../engine/bench/places.ts';
import { WORKLOAD_W, type Workload, workloadEvents } from '../../engine/bench/workload.ts';
import { type Contestant, contestants, type Measured } from './peers/contestant.ts';
import { verdictOf } from './peers/verdict.ts';

/** W is OpenWeatherMap's nested reply; the others change one thing about it. */
const workloads: Readonly<Record<string, Workload>> = {
  w: WORKLOAD_W,
  sliding: { ...WORKLOAD_W, windowMs: 3_600_000 },
  keys: { ...WORKLOAD_W, keys: 10_000, windowMs: 3_600_000, slideMs: 3_600_000 },
};

const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true, default: ['w'] },
    events: { type: 'string', default: String(WORKLOAD_W.events) },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const only = values.only?.split(',');
const chosen = contestants.filter(({ name }) => only === undefined || only.includes(name));

interface Outcome {
  readonly contestant: Contestant;
  readonly all: Measured[];
  readonly verdicts: Set<string>;
}

async function compete(name: string): Promise<Outcome[]> {
  const known = workloads[name];
  if (known === undefined) throw new Error(`workloads are ${Object.keys(workloads).join(', ')}`);
  const workload = { ...known, events: Number(values.events) };
  const { KAFKA_BROKERS: brokers, CASSANDRA_CONTACT_POINTS: contactPoints } = process.env;
  const bench = openBench({ brokers, contactPoints }, note);
  try {
    const { topic } = await fill(bench.connection, workload, note);
    const texts = [...workloadEvents(workload)];
    const expected = expectedRows(texts.map(({ value }) => value).values(), workload);
    const lastMs = Number(texts.at(-1)?.timestamp);
    const outcomes = chosen
      .filter(({ fits }) => fits?.(workload) ?? true)
      .map((contestant): Outcome => ({ contestant, all: [], verdicts: new Set() }));
    for (let run = 0; run < Number(values.runs); run++) {
      for (const { contestant, all, verdicts } of outcomes) {
        const measured = await contestant.run({ workload, topic, bench, expected });
        const { rows } = measured;
        if (rows === 'checked') verdicts.add('all rows');
        else if (rows !== null) {
          verdicts.add(verdictOf(rows, expected, { lastMs, windowMs: workload.windowMs }));
        }
        all.push({ ...measured, rows: null });
        note(line(contestant.name, measured, [...verdicts].join('; ')));
      }
    }
    return outcomes;
  } finally {
    bench.close();
  }
}

const thousands = (value: number): string => `${(value / 1000).toFixed(0)} k`;

function line(name: string, measured: Measured, verdict: string): string {
  const { eventsPerSecond, firstEventsPerSecond, cpuSecondsPerMillion, peakRssMib } = measured;
  const first = firstEventsPerSecond === null ? '' : ` (first ${thousands(firstEventsPerSecond)})`;
  return `${name.padEnd(26)} ${thousands(eventsPerSecond).padStart(8)}/s${first}, ${cpuSecondsPerMillion.toFixed(2)} CPU-s a million, ${peakRssMib.toFixed(0)} MiB${verdict === '' ? '' : `, ${verdict}`}`;
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
