/** `engine schema`: the JSON schema of definitions, and the reference beside it. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { definitionJsonSchema } from '../spec/json-schema.ts';
import { definitionReference } from '../spec/reference.ts';
import { vocabulary } from '../stages/registry.ts';

interface SchemaFlags {
  readonly write?: boolean;
  readonly reference?: boolean;
}

/** The generated files by name, as they stand in pipelines/. */
export const generatedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['pipeline.schema.json', `${JSON.stringify(definitionJsonSchema(vocabulary), null, 2)}\n`],
    ['REFERENCE.md', definitionReference(vocabulary)],
  ]);

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('schema')
    .description('print the JSON schema of definitions')
    .option('--reference', 'print the reference (Markdown) instead')
    .option('--write', 'write both into pipelines/ of this project')
    .action((flags: SchemaFlags) => (flags.write === true ? write() : print(flags)));
}

function print({ reference }: SchemaFlags): void {
  const name = reference === true ? 'REFERENCE.md' : 'pipeline.schema.json';
  process.stdout.write(generatedFiles().get(name) ?? '');
}

function write(): void {
  const directory = join(findProjectDirectory(process.cwd()), 'pipelines');
  if (!existsSync(directory)) mkdirSync(directory);
  for (const [name, text] of generatedFiles()) {
    writeFileSync(join(directory, name), text);
    process.stderr.write(`wrote pipelines/${name}\n`);
  }
}
