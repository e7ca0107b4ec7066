/** `engine dead-letters`: what could not be used and why; `--retry` puts records back into their topic. */
import { type Command, InvalidArgumentError } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { EngineError } from '../errors.ts';
import type { Connector, Plan } from '../plan/planner.ts';
import { LetterBook, placeText, readLetters } from '../run/dead-letters.ts';
import type { LastRun } from '../run/last-run.ts';
import { hasChanged } from '../run/last-state.ts';
import { readLastRuns } from '../run/query-target.ts';
import { type RetryPlan, planRetry } from '../run/retry.ts';
import { openRetryLog, sendAgain } from '../run/send-again.ts';
import { isTopic, openTopicReading } from '../run/topic-reading.ts';
import { load, review } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { countsText, letterLine, letterText } from './letters-text.ts';

interface LetterFlags extends DefinitionFlags {
  readonly file?: string;
  readonly code?: string;
  readonly stage?: string;
  readonly limit?: number;
  readonly json?: true;
  readonly retry?: true;
  readonly force?: true;
}

const SHOWN = 20;

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('dead-letters'))
    .description('list records that could not be used, newest first, and why')
    .option('-f, --file <file>', 'the definition; without it, the last run is taken')
    .option('--code <code>', 'only of one code, e.g. DECODE', (text: string) => text.toUpperCase())
    .option('--stage <name>', 'only of one stage or sink')
    .option(
      '--limit <n>',
      `at most this many, or \`all\` (default: ${SHOWN}, with --retry all)`,
      limit,
    )
    .option('--json', 'one JSON object a line')
    .option(
      '--retry',
      'send the records to the topic of their source again, once the definition is put right',
    )
    .option('--force', 'with --retry: also records that other stages have counted already')
    .action((flags: LetterFlags) => (flags.retry === true ? retry(flags) : list(flags)));
}

function limit(text: string): number {
  if (text === 'all') return Infinity;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 1, or all.');
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function list(flags: LetterFlags): Promise<void> {
  const project = findProjectDirectory(process.cwd());
  for (const { pipeline, connector } of placesOf(flags, project)) {
    const { limit: most = SHOWN } = flags;
    const book = new LetterBook({ pipeline, ...flags }, most);
    await readLetters(connector, project, book);
    if (book.size === 0) note(`${pipeline}: no dead letters in ${placeText(connector)}`);
    else note(`${pipeline}: ${lettersOf(book.size)} in ${placeText(connector)}`);
    if (book.again > 0) note(`${book.again} came once more, as they may after a crash`);
    if (flags.json === true) {
      for (const letter of book.newest) process.stdout.write(letterLine(letter));
    } else if (book.size > 0) {
      process.stdout.write(`${countsText(book.counts)}\n`);
      for (const letter of book.newest) process.stdout.write(letterText(letter));
    }
    if (book.size > most) note(`the newest ${most} (--limit all prints them)`);
  }
}

const lettersOf = (count: number): string =>
  count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;

/** Pipelines and where their letters are. */
function placesOf(
  flags: LetterFlags,
  project: string,
): readonly { readonly pipeline: string; readonly connector: Connector }[] {
  if (flags.file !== undefined) {
    const { plan } = load(flags.file, flags);
    return [{ pipeline: plan.name, connector: plan.errors.deadLetter }];
  }
  return readLastRuns(project).map((run) => ({
    pipeline: run.pipeline,
    connector: recordedPlace(run, flags),
  }));
}

/** As the run had it; logins, which are not recorded, from its definition while it still reads. */
function recordedPlace({ file, deadLetters, pipeline }: LastRun, flags: LetterFlags): Connector {
  const now = definitionOf(file, flags)?.errors.deadLetter ?? null;
  if (deadLetters !== undefined && (now === null || !isSamePlace(now, deadLetters))) {
    return deadLetters;
  }
  if (now !== null) return now;
  throw new EngineError('ENG_CLI_USAGE', `name the definition of ${pipeline} with -f FILE`);
}

function definitionOf(file: string, flags: LetterFlags): Plan | null {
  try {
    return review(file, flags).definition?.plan ?? null;
  } catch {
    return null;
  }
}

const isSamePlace = (a: Connector, b: Connector): boolean => placeText(a) === placeText(b);

async function retry(flags: LetterFlags): Promise<void> {
  const project = findProjectDirectory(process.cwd());
  const [run, more] = flags.file === undefined ? readLastRuns(project) : [];
  if (more !== undefined) {
    throw new EngineError('ENG_CLI_USAGE', 'several pipelines ran last: name one with -f FILE');
  }
  const file = flags.file ?? run?.file ?? '';
  const { plan } = load(file, flags);
  const place = plan.errors.deadLetter;
  if (run?.deadLetters !== undefined && !isSamePlace(run.deadLetters, place)) {
    throw new EngineError(
      'ENG_CLI_USAGE',
      `${plan.name} ran with its dead letters in ${placeText(run.deadLetters)}, and they would be in ${placeText(place)} now: set the same variables, or name the definition with -f ${file}`,
    );
  }
  const book = new LetterBook({ pipeline: plan.name, ...flags }, flags.limit ?? Infinity);
  await readLetters(place, project, book);
  const log = await openRetryLog(plan, project);
  const readFrom = await startsOf(plan, project);
  const decided = planRetry(plan, book.newest, {
    ...{ retried: log.ids, force: flags.force === true },
    readFrom,
  });
  for (const node of plan.sources) {
    const letters = decided.send.get(node.name);
    if (letters !== undefined) await sendAgain(node, letters, { log, project });
  }
  report(plan, decided, { file, json: flags.json === true });
}

/** What the next run reads anyway: nothing again, unless it has to start over at the beginning. */
async function startsOf(
  plan: Plan,
  project: string,
): Promise<(source: string, partition: number) => number> {
  const lows = new Map<string, number>();
  if (await hasChanged(plan, project)) {
    for (const { name, connector } of plan.sources) {
      const { start } = connector.config as { readonly start?: unknown };
      if (!isTopic(connector) || start !== 'earliest') continue;
      const ends = await (await openTopicReading(connector, project)).ends();
      for (const [partition, { low }] of ends ?? []) lows.set(`${name}/${partition}`, low);
    }
  }
  return (source, partition) => lows.get(`${source}/${partition}`) ?? Infinity;
}

function report(
  plan: Plan,
  { send, left }: RetryPlan,
  { file, json }: { readonly file: string; readonly json: boolean },
): void {
  const sent = [...send].map(([source, letters]) => ({ source, letters: letters.length }));
  if (json) {
    const kept = [...left].map(([reason, letters]) => ({ reason, letters }));
    process.stdout.write(`${JSON.stringify({ pipeline: plan.name, sent, left: kept })}\n`);
    return;
  }
  for (const { source, letters } of sent) {
    const node = plan.sources.find(({ name }) => name === source);
    const { topic = '' } = (node?.connector.config ?? {}) as { readonly topic?: string };
    process.stdout.write(`${letters} sent to topic ${topic} again, with their key and time\n`);
  }
  for (const [reason, letters] of left) process.stdout.write(`${letters} ${reason}\n`);
  if (sent.length === 0 && left.size === 0) note(`${plan.name}: no dead letters`);
  if (sent.length > 0) {
    note('those whose windows have closed meanwhile will be late; read them:');
    note(`  npx engine run ${file}`);
  }
}
