/**
 * `engine run`: its options. What runs is loaded when it is to run, while the first worker thread
 * starts: that needs no plan.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { startPool } from '../pool/pool.ts';
import type { Until } from '../run/run.ts';
import { withDefinitionOptions } from './definition-options.ts';
import { wholeNumber } from './option-value.ts';
import type { RunFlags } from './run-definitions.ts';

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('run'))
    .description('run pipelines until their sources end, or Ctrl-C')
    .argument('<file...>', 'definitions; several run side by side and may feed each other')
    .option(
      '--until <end|duration>',
      'stop at the end of the topics as they are now, or after 30s',
      parseUntil,
    )
    .option('--bounded', 'read the bounded stand-in of the sources')
    .option(
      '--views',
      'compute the batch views of window tables from bounded input (implies --bounded) and swap them in',
    )
    .option('--simulate', 'make readings up instead of asking an API for them')
    .option('--fresh', 'forget the saved state and start over')
    .option(
      '--migrate',
      'go on with the saved state although the definition has changed, where it can',
    )
    .addOption(
      new Option(
        '--on-data-loss <stop|skip>',
        'what to do when a topic has lost records that come next',
      )
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addOption(
      new Option(
        '--start <where>',
        'where topics are read from without a saved state, instead of what the definition says',
      ).choices(['earliest', 'latest', 'committed']),
    )
    .option(
      '--workers <n>',
      'worker threads (default: one a core, but one core less with a broker)',
      wholeNumber(1, 64),
    )
    .option(
      '--json',
      'JSON lines on stdout: the rows that are printed, if any; else progress and summary (which go to stderr beside rows)',
    )
    .action((files: string[], flags: RunFlags) => run(files, flags));
}

async function run(files: readonly string[], flags: RunFlags): Promise<void> {
  const pool = startPool();
  try {
    const { runDefinitions } = await import('./run-definitions.ts');
    await runDefinitions(files, flags, pool);
  } finally {
    await pool.close();
  }
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
