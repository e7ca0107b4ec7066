/** `engine test`: the rows that tests give, through the plan, against the rows they expect. */
import { globSync } from 'node:fs';
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { type TestOutcome, runTests } from './test-run.ts';
import { outcomesText } from './test-text.ts';
import { updateFiles } from './test-update.ts';
import { watchFiles } from './test-watch.ts';

interface TestFlags extends DefinitionFlags {
  readonly json?: boolean;
  readonly update?: boolean;
  readonly watch?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('test'))
    .description('run the tests of definitions, in memory: no servers, no files are written')
    .argument('<file...>', 'definitions, or globs of them')
    .option('--update', 'write the rows that came into the definitions, where others are expected')
    .option('--watch', 'run again whenever a definition, or a file it reads, changes; until Ctrl-C')
    .option('--json', 'print the outcomes as JSON')
    .action(test);
}

/**
 * Throws EngineError ENG_TEST_FAILED (exit code 1) when a test fails, ENG_DEFINITION_INVALID (2) when
 * the only definition is wrong.
 */
async function test(patterns: readonly string[], flags: TestFlags): Promise<void> {
  if (flags.watch === true) {
    await watchFiles(async () => {
      const { outcomes, read } = await runOnce(patterns, flags);
      process.stderr.write('waiting for changes; Ctrl-C ends\n');
      return [...read, ...outcomes.map(({ file }) => file)];
    });
    return;
  }
  const { outcomes } = await runOnce(patterns, flags);
  const failed = outcomes.filter(({ ok, isUpdated }) => !ok && !isUpdated);
  if (failed.length === 0) return;
  const isInvalid = outcomes.length === 1 && failed[0]?.isInvalid === true;
  throw new EngineError(isInvalid ? 'ENG_DEFINITION_INVALID' : 'ENG_TEST_FAILED', '');
}

/** Runs all tests and says how they went; gives the files that they read beside their own. */
async function runOnce(
  patterns: readonly string[],
  flags: TestFlags,
): Promise<{ outcomes: readonly TestOutcome[]; read: readonly string[] }> {
  const run = await runTests(filesOf(patterns), flags);
  const outcomes = flags.update === true ? updateFiles(run.outcomes) : run.outcomes;
  if (flags.json === true) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  else process.stdout.write(outcomesText(outcomes));
  return { outcomes, read: run.read };
}

/** Files that patterns stand for, each once. A name that is no pattern is taken as it is. */
function filesOf(patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) =>
    /[*?[{]/.test(pattern) ? globSync(pattern).toSorted() : [pattern],
  );
  if (files.length > 0) return [...new Set(files)];
  throw new EngineError('ENG_CLI_USAGE', `no file is called like ${patterns.join(', ')}`);
}
