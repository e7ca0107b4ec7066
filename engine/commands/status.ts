/** `engine status`: what the pipelines of this project are doing, or how they ended. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { EngineError } from '../errors.ts';
import { pipelineDirectory } from '../run/parts.ts';
import { type PipelineStatus, readStatus, stateDirectories } from '../run/status-file.ts';
import { load } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { duration } from './option-value.ts';
import { agoText, statusText } from './status-text.ts';

interface StatusFlags extends DefinitionFlags {
  readonly file?: string;
  readonly json?: true;
  readonly healthy?: true;
  readonly maxAge: number;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('status'))
    .description('what the pipelines of this project are doing, or how they ended')
    .argument('[pipelines...]', 'only these; without any, all that ever ran here')
    .option('-f, --file <file>', 'the pipeline of this definition')
    .option('--json', 'one JSON object a line, with every partition')
    .option(
      '--healthy',
      'exit with 1 unless they run (without names: those that did not end by themselves) and have said so lately',
    )
    .option('--max-age <duration>', 'what is lately', duration, 30_000)
    .action(run);
}

async function run(names: readonly string[], flags: StatusFlags): Promise<void> {
  const found = await statusesOf(names, flags);
  if (found.length === 0) {
    process.stderr.write(
      'no pipeline ran here yet; start one: engine run pipelines/weather.yaml\n',
    );
  } else if (flags.json === true) {
    for (const status of found) process.stdout.write(`${JSON.stringify(status)}\n`);
  } else process.stdout.write(statusText(found));
  if (flags.healthy !== true) return;
  // Of pipelines that nobody named, those that came to their end are nobody's worry.
  const named = names.length > 0 || flags.file !== undefined;
  const expected = found.filter(({ condition }) => named || condition !== 'stopped');
  const sick = expected.map((status) => illnessOf(status, flags.maxAge)).filter(isSaid);
  if (expected.length === 0) sick.push('no pipeline runs here');
  if (sick.length > 0) throw new EngineError('ENG_RUN_FAILED', `not healthy: ${sick.join('; ')}`);
}

const isSaid = (text: string | null): text is string => text !== null;

async function statusesOf(
  names: readonly string[],
  flags: StatusFlags,
): Promise<readonly PipelineStatus[]> {
  const project = findProjectDirectory(process.cwd());
  const parent = join(project, '.engine', 'state');
  const wanted = names.map((name) => join(parent, name));
  if (flags.file !== undefined)
    wanted.push(pipelineDirectory(load(flags.file, flags).plan, project));
  const directories = wanted.length === 0 ? await stateDirectories(parent) : wanted;
  const read = await Promise.all(directories.map((directory) => readStatus(directory)));
  const missing = wanted.filter((_, i) => read[i] === null);
  if (missing.length > 0) {
    throw new EngineError('ENG_FILE_READ', `no run has left a status in ${missing.join(', ')}`);
  }
  return read.filter((status) => status !== null);
}

/** Null for a pipeline that runs. */
function illnessOf(
  { pipeline, condition, ageMs }: PipelineStatus,
  maxAgeMs: number,
): string | null {
  if (condition !== 'running' && condition !== 'draining') return `${pipeline} is ${condition}`;
  return ageMs > maxAgeMs ? `${pipeline} last said something ${agoText(ageMs)}` : null;
}
