/** `engine test`: the rows that tests give, through the plan, against the rows they expect. */
import { globSync } from 'node:fs';
import type { Command } from 'commander';
import { EngineError, messageOf } from '../errors.ts';
import { withTables } from '../run/lookups.ts';
import { drivePlan } from '../run/test-driver.ts';
import { type RowDifference, compareRows } from '../run/test-rows.ts';
import { maskText } from '../spec/mask.ts';
import type { Spec } from '../spec/spec.ts';
import type { TestSpec, TestValues } from '../spec/test-fields.ts';
import { type DefinitionFlags, load, review, withDefinitionOptions } from './definition.ts';

interface TestFlags extends DefinitionFlags {
  readonly json?: boolean;
}

/** What became of one test. */
export interface TestOutcome {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  /** What ended the run, or null. */
  readonly failure: string | null;
  readonly differences: readonly RowDifference[];
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('test'))
    .description('run the tests of definitions, in memory: no servers, no files are written')
    .argument('<file...>', 'definitions, or globs of them')
    .option('--json', 'print the outcomes as JSON')
    .action(test);
}

/** Throws EngineError ENG_TEST_FAILED (exit code 1) when a test fails. */
async function test(patterns: readonly string[], flags: TestFlags): Promise<void> {
  const outcomes = await runTests(filesOf(patterns), flags);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  else process.stdout.write(outcomesText(outcomes));
  if (outcomes.some(({ ok }) => !ok)) throw new EngineError('ENG_TEST_FAILED', '');
}

/** Runs the tests of definitions, one after the other. Throws for definitions that are wrong. */
export async function runTests(
  files: readonly string[],
  flags: DefinitionFlags,
): Promise<TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  for (const file of files) {
    const { spec } = load(file, flags);
    for (const [index, each] of spec.tests.entries()) {
      outcomes.push(await runTest({ file, index, spec, flags }, each));
    }
  }
  return outcomes;
}

interface Running {
  readonly file: string;
  readonly index: number;
  readonly spec: Spec;
  readonly flags: DefinitionFlags;
}

async function runTest(
  { file, index, spec, flags }: Running,
  { name, params, given, expect }: TestSpec,
): Promise<TestOutcome> {
  const { line } = spec.locator.value(['tests', index, 'name']);
  const outcome = { file, line, name, failure: null };
  const set = [...(flags.set ?? []), ...[...params].map((pair) => pair.join('='))];
  try {
    // Warnings were said when the file was loaded.
    const { definition, print } = review(file, { ...flags, set });
    if (definition === null) {
      throw new EngineError('ENG_DEFINITION_INVALID', print({ color: false }));
    }
    const plan = await withTables(definition.plan, definition.project);
    const differences = compareRows(expect, await drivePlan(plan, given));
    return { ...outcome, ok: differences.length === 0, differences };
  } catch (error) {
    const failure = maskText(messageOf(error), spec.secrets);
    return { ...outcome, ok: false, failure, differences: [] };
  }
}

/** Files that patterns stand for, each once. A name that is no pattern is taken as it is. */
function filesOf(patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) =>
    /[*?[{]/.test(pattern) ? globSync(pattern).toSorted() : [pattern],
  );
  if (files.length > 0) return [...new Set(files)];
  throw new EngineError('ENG_CLI_USAGE', `no file is called like ${patterns.join(', ')}`);
}

/** Outcomes as a person reads them: a line a test, below it the rows that differ. */
export function outcomesText(outcomes: readonly TestOutcome[]): string {
  const failed = outcomes.filter(({ ok }) => !ok).length;
  const lines = outcomes.flatMap(({ file, line, name, ok, failure, differences }) => [
    `${ok ? 'ok  ' : 'FAIL'} ${file}:${line}  ${name}`,
    ...(failure === null ? [] : [`       ${failure}`]),
    ...differences.flatMap(({ output, missing, surplus }) => [
      `       ${output}  (- expected and not there, + there and not expected)`,
      ...missing.map((row) => `       - ${rowText(row)}`),
      ...surplus.map((row) => `       + ${rowText(row)}`),
    ]),
  ]);
  const count = `${outcomes.length} test${outcomes.length === 1 ? '' : 's'}`;
  const end = failed === 0 ? `${count}, all as expected` : `${failed} of ${count} failed`;
  return `${[...lines, end].join('\n')}\n`;
}

const rowText = (row: TestValues): string =>
  `{ ${Object.entries(row)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')} }`;
