/** `engine run`: runs a pipeline and says what it did. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Plan } from '../plan/planner.ts';
import { type Progress, progressLine } from '../run/progress.ts';
import { type Until, runPipeline } from '../run/run.ts';
import type { Summary } from '../run/summary.ts';
import { writeLastRun } from '../run/last-run.ts';
import { type DefinitionFlags, load, withDefinitionOptions } from './definition.ts';
import { printedAsJson, printsRows } from './printed-rows.ts';
import { summaryText } from './run-summary.ts';

interface RunFlags extends DefinitionFlags {
  readonly until?: Until;
  readonly bounded?: boolean;
  readonly fresh?: boolean;
  readonly workers?: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('run'))
    .description('run a pipeline until its sources end, or Ctrl-C')
    .argument('<file>', 'the definition')
    .option(
      '--until <end|duration>',
      'stop at the end of the topics as they are now, or after 30s',
      parseUntil,
    )
    .option('--bounded', 'read the bounded stand-in of the sources')
    .option('--fresh', 'forget the saved state and start over')
    .option('--workers <n>', 'worker threads (default: one a core)', parseWorkers)
    .option(
      '--json',
      'JSON lines on stdout: the rows that are printed, if any; else progress and summary (which go to stderr beside rows)',
    )
    .action((file: string, flags: RunFlags) => run(file, flags));
}

async function run(file: string, flags: RunFlags): Promise<void> {
  const { plan: written, project } = load(file, flags);
  const plan = flags.json === true ? printedAsJson(written) : written;
  const report = reportTo(plan, flags);
  const screen = openScreen(report);
  for (const notice of plan.notices) screen.note(notice);
  const stop = new AbortController();
  const release = listen(stop, screen);
  try {
    const summary = await runPipeline(plan, {
      project,
      until: flags.until ?? null,
      fresh: flags.fresh ?? false,
      workers: flags.workers ?? null,
      stop: stop.signal,
      onNotice: (text) => screen.note(text),
      onProgress: (progress) => screen.progress(progress),
    });
    screen.close();
    await writeLastRun(plan, file, summary, project);
    finish(summary, { plan, file, report });
  } finally {
    screen.close();
    release();
  }
  if (stop.signal.reason === 'SIGINT') process.exitCode = 130;
}

/** Where progress and summary go as JSON; null without --json. */
function reportTo(plan: Plan, { json }: RunFlags): NodeJS.WriteStream | null {
  if (json !== true) return null;
  return printsRows(plan) ? process.stderr : process.stdout;
}

function finish(
  summary: Summary,
  { plan, file, report }: { plan: Plan; file: string; report: NodeJS.WriteStream | null },
): void {
  if (report !== null) report.write(`${JSON.stringify({ summary })}\n`);
  else process.stderr.write(summaryText(summary, plan, file));
}

/** First Ctrl-C or SIGTERM drains, a second one quits at once. */
function listen(stop: AbortController, screen: Screen): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    screen.note('stopping: finishing what is on its way (again to quit at once)');
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

interface Screen {
  note(text: string): void;
  progress(progress: Progress): void;
  close(): void;
}

/** stderr: notices as lines; on a terminal one progress line that changes in place. */
function openScreen(report: NodeJS.WriteStream | null): Screen {
  const live = process.stderr.isTTY && report === null;
  const clear = (): void => {
    if (live) process.stderr.write('\r\u001b[K');
  };
  return {
    note(text) {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress(progress) {
      report?.write(`${JSON.stringify({ progress })}\n`);
      if (!live) return;
      clear();
      process.stderr.write(progressLine(progress).slice(0, process.stderr.columns - 1));
    },
    close: clear,
  };
}

const UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

function parseUntil(text: string): Until {
  if (text === 'end') return { kind: 'end' };
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const scale = UNITS.get(unit ?? '');
  if (amount === undefined || scale === undefined) {
    throw new InvalidArgumentError('Write end, or a duration such as 30s.');
  }
  return { kind: 'after', ms: Number(amount) * scale };
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1 && workers <= 64) return workers;
  throw new InvalidArgumentError('Write a whole number from 1 to 64.');
}
