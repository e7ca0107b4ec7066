/**
 * The deterministic simulation: the engine's graph, state and snapshots over a broker, threads and
 * sinks in memory, on a virtual clock, with a seed that picks what happens next. After every schedule
 * the rows are those of an oracle that sees nothing but the logs.
 *
 *     npm run simulate -- --runs 20000 --seed 7      a failure names its seed and path
 *     npm run simulate -- --seed 7 --path 41:0:2     that failure again
 *     npm run simulate -- --mutants                  every broken variant is caught; --only TEXT of rule and name
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { countsText, noCounts, sumOf } from './group-counts.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';
import { checkPatches } from '../patch.ts';
import { small } from './small.ts';
import type { Outcome, Share } from './shared-work.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    threads: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const threads = Number(values.threads ?? availableParallelism());
const seed = values.seed === undefined ? (Math.random() * 2 ** 31) | 0 : Number(values.seed);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What escapes the schedules belongs to none of them. */
const NOWHERE = { seed, path: '', schedule: '' };
const NOTHING = { runs: 0, lives: 0, groups: noCounts() };

/** Runs a share in a thread of its own. What escapes the schedules is a failure, too. */
function runThread(share: Share): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: share });
    thread.once('message', resolve);
    thread.once('error', (error) =>
      resolve({ ...NOTHING, failure: { ...NOWHERE, faults: String(error) } }),
    );
    thread.once('exit', () => reject(new Error('the thread ended without an answer')));
  });
}

async function simulate(): Promise<boolean> {
  const path = values.path ?? null;
  const shares = path === null ? threads : 1;
  const runs = Math.ceil(Number(values.runs) / shares);
  say(`seed ${seed}`);
  const startedMs = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: shares }, (_, i) =>
      runThread({ seed: seed + i, runs, path, shrinks: true, pipeline: null, patches: small }),
    ),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const count = outcomes.reduce((sum, each) => sum + each.runs, 0);
  const lives = outcomes.reduce((sum, each) => sum + each.lives, 0);
  for (const { failure } of outcomes) {
    if (failure === null) continue;
    say(`FAILED: npm run simulate -- --seed ${failure.seed} --path ${failure.path}`);
    say(`${failure.faults}\n${failure.schedule}`);
  }
  const rate = Math.round((count / seconds) * 60);
  say(countsText(sumOf(outcomes.map(({ groups }) => groups))));
  say(`${count} schedules, ${lives} lives, ${seconds.toFixed(0)} s, ${rate} schedules a minute`);
  return outcomes.every(({ failure }) => failure === null);
}

/** Says what caught a mutant; null when nothing did. */
async function caught({ patches, pipeline }: Mutant): Promise<string | null> {
  checkPatches([...small, ...patches]);
  const share = {
    seed,
    // After so many a mutant counts as not caught.
    runs: Number(values.runs),
    path: null,
    shrinks: false,
    pipeline: pipeline ?? null,
    patches: [...small, ...patches],
  };
  const { runs, failure } = await runThread(share);
  if (failure === null) return null;
  // A schedule that fails without the mutant, too, says nothing about it.
  if (failure.path !== '') {
    const { path } = failure;
    const sound = await runThread({ ...share, path, runs: 1, patches: small });
    if (sound.failure !== null) return null;
  }
  return `schedule ${runs + 1}: ${failure.faults.split('\n')[0] ?? ''}`;
}

async function huntMutants(): Promise<boolean> {
  say(`seed ${seed}`);
  const waiting = mutants.filter(({ rule, name }) => `${rule} ${name}`.includes(values.only));
  const count = waiting.length;
  let escaped = 0;
  const hunt = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const by = await caught(mutant);
      if (by === null) escaped++;
      say(`${by === null ? 'NOT CAUGHT' : 'caught'}  ${mutant.rule} ${mutant.name}`);
      if (by !== null) say(`        ${by}`);
    }
  };
  await Promise.all(Array.from({ length: threads }, hunt));
  say(`${count} mutants, ${escaped} not caught`);
  return escaped === 0;
}

const isWell = await (values.mutants ? huntMutants() : simulate());
process.exitCode = isWell ? 0 : 1;
