/** `engine check`: everything that is wrong with definitions, all at once. */
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { review, wantsColor, withDefinitionOptions } from './definition.ts';
import type { DefinitionFlags, Reviewed } from './definition.ts';

interface CheckFlags extends DefinitionFlags {
  readonly json?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('check'))
    .description('check definitions and print what is wrong')
    .argument('<file...>', 'definitions')
    .option('--bounded', 'check them as `run --bounded` would read them')
    .option('--json', 'print the findings as JSON')
    .action(check);
}

/** Throws EngineError ENG_DEFINITION_INVALID (exit code 2) when a definition has an error. */
function check(files: readonly string[], flags: CheckFlags): void {
  const reviewed = files.map((file) => review(file, flags));
  if (flags.json === true) {
    const result = reviewed.map(toJson);
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else reviewed.forEach(print);
  if (reviewed.some(({ definition }) => definition === null)) {
    throw new EngineError('ENG_DEFINITION_INVALID', '');
  }
}

function print(reviewed: Reviewed): void {
  process.stderr.write(reviewed.print({ color: wantsColor(process.stderr) }));
  const { definition, file } = reviewed;
  if (definition === null) return;
  for (const notice of definition.spec.notices) process.stderr.write(`note: ${notice}\n`);
  const { sources, stages, sinks } = definition.plan;
  const parts = [count(sources, 'source'), count(stages, 'stage'), count(sinks, 'sink')];
  process.stdout.write(`${file}: ok (${parts.join(', ')})\n`);
}

const count = (items: readonly unknown[], word: string): string =>
  `${items.length} ${word}${items.length === 1 ? '' : 's'}`;

const toJson = ({ file, definition, diagnostics }: Reviewed): unknown => ({
  file,
  ok: definition !== null,
  notices: definition?.spec.notices ?? [],
  diagnostics,
});
