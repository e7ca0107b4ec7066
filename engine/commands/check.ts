/** `engine check`: everything that is wrong with definitions, all at once. */
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { type ServerFinding, checkServers } from '../run/server-check.ts';
import { review, wantsColor } from './definition.ts';
import { withDefinitionOptions } from './definition-options.ts';
import type { Reviewed } from './definition.ts';
import type { DefinitionFlags } from './definition-options.ts';

interface CheckFlags extends DefinitionFlags {
  readonly json?: boolean;
  readonly connect?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('check'))
    .description('check definitions and print what is wrong')
    .argument('<file...>', 'definitions')
    .option('--bounded', 'check them as `run --bounded` would read them')
    .option('--connect', 'ask the servers, too: for the topics and tables that are named')
    .option('--json', 'print the findings as JSON')
    .action(check);
}

/**
 * Throws EngineError ENG_DEFINITION_INVALID (exit code 2) when a definition has an error, ENG_RUN_FAILED (1) when
 * a server does not answer, or has something that does not fit.
 */
async function check(files: readonly string[], flags: CheckFlags): Promise<void> {
  const reviewed = files.map((file) => review(file, flags));
  const asked: Asked[] = [];
  for (const one of reviewed) {
    const isAsked = flags.connect === true && one.definition !== null;
    asked.push({ ...one, servers: isAsked ? await serversOf(one.definition) : [] });
  }
  if (flags.json === true) {
    const result = asked.map((one) => toJson(one, flags));
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else asked.forEach(print);
  if (reviewed.some(({ definition }) => definition === null)) {
    throw new EngineError('ENG_DEFINITION_INVALID', '');
  }
  if (asked.some(({ servers }) => servers.some(({ severity }) => severity === 'error'))) {
    throw new EngineError('ENG_RUN_FAILED', '');
  }
}

/** A definition with what its servers say of it. */
interface Asked extends Reviewed {
  readonly servers: readonly ServerFinding[];
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

const serversOf = ({
  plan,
}: NonNullable<Reviewed['definition']>): ReturnType<typeof checkServers> =>
  checkServers(plan, note);

function print(asked: Asked): void {
  process.stderr.write(asked.print({ color: wantsColor(process.stderr) }));
  const { definition, file, servers } = asked;
  if (definition === null) return;
  for (const notice of definition.spec.notices) note(`note: ${notice}`);
  for (const { severity, at, message, hint } of servers) {
    note(`${severity === 'ok' ? '' : `${severity}: `}${at}: ${message}`);
    if (hint !== undefined) note(`    = ${hint}`);
  }
  if (servers.some(({ severity }) => severity === 'error')) return;
  const { sources, stages, sinks } = definition.plan;
  const parts = [count(sources, 'source'), count(stages, 'stage'), count(sinks, 'sink')];
  process.stdout.write(`${file}: ok (${parts.join(', ')})\n`);
}

const count = (items: readonly unknown[], word: string): string =>
  `${items.length} ${word}${items.length === 1 ? '' : 's'}`;

const toJson = ({ file, definition, diagnostics, servers }: Asked, flags: CheckFlags): unknown => ({
  file,
  ok: definition !== null,
  notices: definition?.spec.notices ?? [],
  diagnostics,
  ...(flags.connect === true && { servers }),
});
