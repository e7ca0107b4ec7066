/** `engine init`: a pipeline to begin with, beside it the schema that editors check it by. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { EngineError, messageOf } from '../errors.ts';
import { generatedFiles } from './schema.ts';

interface InitFlags {
  readonly json?: boolean;
}

/** The definition, and the file that its first line names. */
const DEFINITION = 'pipeline.yaml';
const SCHEMA = 'pipeline.schema.json';

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('init')
    .description('write a pipeline to begin with, which runs as it is')
    .argument('[directory]', 'where to (made if need be)', '.')
    .option('--json', 'print what was written as JSON')
    .action(init);
}

function init(directory: string, { json }: InitFlags): void {
  const written = writeStarter(directory).map((file) => relative(process.cwd(), file));
  if (json === true) process.stdout.write(`${JSON.stringify({ written })}\n`);
  else for (const file of written) process.stdout.write(`wrote ${file}\n`);
  const definition = relative(process.cwd(), join(directory, DEFINITION));
  process.stderr.write(`\nnext:\n${nextSteps(definition).join('\n')}\n`);
}

/**
 * Writes what is not there yet; returns the files written. Throws EngineError ENG_CLI_USAGE, with
 * nothing written, when there is a definition already or the directory cannot be written to.
 */
export function writeStarter(directory: string): string[] {
  const definition = join(directory, DEFINITION);
  if (existsSync(definition)) {
    throw new EngineError(
      'ENG_CLI_USAGE',
      `there is a ${definition} already: nothing was written; name another directory`,
    );
  }
  try {
    mkdirSync(directory, { recursive: true });
    return [
      ...writeNew(definition, starter()),
      ...writeNew(join(directory, SCHEMA), generatedFiles().get(SCHEMA) ?? ''),
    ];
  } catch (error) {
    const message = `cannot write to ${directory}: ${messageOf(error)}`;
    throw new EngineError('ENG_CLI_USAGE', message, { context: { directory }, cause: error });
  }
}

function writeNew(file: string, text: string): string[] {
  if (existsSync(file)) return [];
  writeFileSync(file, text, { flag: 'wx' });
  return [file];
}

/** The shipped pipeline of that name, which is tested like the others. */
const starter = (): string =>
  readFileSync(new URL('../../pipelines/starter.yaml', import.meta.url), 'utf8').replaceAll(
    ' FILE',
    ` ${DEFINITION}`,
  );

const nextSteps = (definition: string): string[] => [
  `  npx engine test ${definition}`,
  `  npx engine run ${definition}`,
  '  npx engine query minutes_table',
  `  $EDITOR ${definition}; npx engine check ${definition}`,
  '  npx engine schema --reference            # all that can be written',
];
