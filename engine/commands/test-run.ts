/** Running the tests of definitions, each as it is written, then under the changes it names. */
import { resolve } from 'node:path';
import { type LookupArgs, lookup } from '../core/operation/lookup.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Plan } from '../plan/planner.ts';
import { withTables } from '../run/lookups.ts';
import { drivePlan } from '../run/test-driver.ts';
import { type RowDifference, compareRows, rowsOf } from '../run/test-rows.ts';
import { variationText, variationsOf } from '../run/test-variations.ts';
import { maskText } from '../spec/mask.ts';
import type { TestSpec } from '../spec/test-spec.ts';
import { type Definition, review } from './definition.ts';
import { type DefinitionFlags } from './definition-options.ts';

/** What became of one test. */
export interface TestOutcome {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  /** True: not a test, but a definition that cannot be tested because it is wrong. */
  readonly isInvalid: boolean;
  /** What ended the run, or null. */
  readonly failure: string | null;
  /** The change under which rows differ, in the words of `under`; null: the test as it is written. */
  readonly under: string | null;
  /** Changes under which rows came out the same. */
  readonly variations: number;
  readonly differences: readonly RowDifference[];
  /** Where the test stands in the list, and what it expects: for `--update`. */
  readonly index: number;
  readonly expect: TestSpec['expect'];
  /** True: its expectations have been written anew. */
  readonly isUpdated: boolean;
}

/**
 * Runs the tests of definitions, one after the other. A definition that is wrong or cannot be read is
 * one outcome, not the end. `read`: the files that tests read beside the definitions.
 */
export async function runTests(
  files: readonly string[],
  flags: DefinitionFlags,
): Promise<{ outcomes: TestOutcome[]; read: string[] }> {
  const outcomes: TestOutcome[] = [];
  const read: string[] = [];
  for (const file of files) {
    const loaded = loadOne(file, flags);
    if (typeof loaded === 'string') {
      outcomes.push({ ...untested(file), failure: loaded, isInvalid: true });
      continue;
    }
    read.push(...tablesOf(loaded));
    for (const [index, each] of loaded.spec.tests.entries()) {
      outcomes.push(await runTest({ file, index, definition: loaded, flags }, each));
    }
  }
  return { outcomes, read };
}

const untested = (file: string): TestOutcome => ({
  ...{ file, line: 1, name: 'the definition is right', ok: false, isInvalid: false },
  ...{ failure: null, under: null, variations: 0, differences: [] },
  ...{ index: -1, expect: {}, isUpdated: false },
});

/** The definition, or what is wrong with it. Warnings go to stderr. */
function loadOne(file: string, flags: DefinitionFlags): Definition | string {
  try {
    const { definition, print } = review(file, flags);
    if (definition === null) return print({ color: false }).trimEnd();
    process.stderr.write(print({ color: false }));
    return definition;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ENG_FILE_READ') return messageOf(error);
    throw error;
  }
}

/** The files of its lookups. */
const tablesOf = ({ plan, project }: Definition): string[] =>
  plan.stages
    .flatMap(({ operations }) => operations)
    .filter(({ operation }) => operation === lookup.operation)
    .map(({ args }) => resolve(project, (args as LookupArgs).file));

interface Running {
  readonly file: string;
  readonly index: number;
  readonly definition: Definition;
  readonly flags: DefinitionFlags;
}

async function runTest(running: Running, test: TestSpec): Promise<TestOutcome> {
  const { file, index, definition } = running;
  const { name, expect } = test;
  const { line } = definition.spec.locator.value(['tests', index, 'name']);
  const outcome = { ...untested(file), line, name, index, expect };
  try {
    const plan = await planOf(running, test);
    const driven = await drivePlan(plan, test.given);
    const differences = compareRows(expect, driven);
    if (differences.length > 0 || test.under === null) {
      return { ...outcome, ok: differences.length === 0, differences };
    }
    return { ...outcome, ...(await runUnder(test, plan, rowsOf(driven))) };
  } catch (error) {
    return { ...outcome, failure: maskText(messageOf(error), definition.spec.secrets) };
  }
}

/** The plan with the test's own parameters. */
async function planOf({ file, flags }: Running, { params }: TestSpec): Promise<Plan> {
  const set = [...(flags.set ?? []), ...[...params].map((pair) => pair.join('='))];
  // Warnings were said when the file was loaded.
  const { definition, print } = review(file, { ...flags, set });
  if (definition === null) throw new EngineError('ENG_DEFINITION_INVALID', print({ color: false }));
  return withTables(definition.plan, definition.project);
}

/** Repeats a test until rows differ from those of the test as it is written. */
async function runUnder(
  { given, under }: TestSpec,
  plan: Plan,
  rows: TestSpec['expect'],
): Promise<Pick<TestOutcome, 'ok' | 'under' | 'variations' | 'differences'>> {
  let variations = 0;
  for (const how of under === null ? [] : variationsOf(under)) {
    const differences = compareRows(rows, await drivePlan(plan, given, how));
    if (differences.length > 0) {
      return { ok: false, under: variationText(how), variations, differences };
    }
    variations++;
  }
  return { ok: true, under: null, variations, differences: [] };
}
