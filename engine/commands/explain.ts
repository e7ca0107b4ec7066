/** `engine explain`: what a definition will do. */
import type { Command } from 'commander';
import { explainPlan, planData } from '../plan/explain.ts';
import { explainProgram } from '../plan/explain-program.ts';
import { mask, maskText } from '../spec/mask.ts';
import {
  type Definition,
  type DefinitionFlags,
  load,
  withDefinitionOptions,
} from './definition.ts';
import { jsonText } from './json-text.ts';

interface ExplainFlags extends DefinitionFlags {
  readonly json?: boolean;
  readonly program?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('explain'))
    .description('print what a definition does: stages, columns, what runs where')
    .argument('<file>', 'the definition')
    .option('--bounded', 'with the bounded stand-ins of its sources')
    .option('--simulate', 'with the simulated stand-ins of its sources')
    .option('--program', 'the code that is generated for its stages')
    .option('--json', 'the plan as JSON, without the settings of connections')
    .action((file: string, flags: ExplainFlags) => {
      process.stdout.write(explain(load(file, flags), flags));
    });
}

/** What the command prints: the plan in words, as JSON or as generated code; secrets are masked. */
export function explain(
  { plan, spec }: Pick<Definition, 'plan' | 'spec'>,
  { json, program }: Pick<ExplainFlags, 'json' | 'program'>,
): string {
  if (json === true) return jsonText(mask(planData(plan), spec.secrets));
  return maskText(program === true ? explainProgram(plan) : explainPlan(plan), spec.secrets);
}
