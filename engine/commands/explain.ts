/** `engine explain`: what a definition will do. */
import { type Command, Option } from 'commander';
import { suggest } from '../core/suggest.ts';
import { EngineError } from '../errors.ts';
import { explainPlan, planData } from '../plan/explain.ts';
import { explainMermaid } from '../plan/explain-mermaid.ts';
import { explainProgram } from '../plan/explain-program.ts';
import { optimize } from '../plan/optimize/optimize.ts';
import type { Plan } from '../plan/planner.ts';
import { mask, maskText } from '../spec/mask.ts';
import { type Definition, load } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { jsonText } from './json-text.ts';

type Format = 'text' | 'mermaid' | 'json';

interface ExplainFlags extends DefinitionFlags {
  readonly format?: Format;
  readonly json?: boolean;
  readonly program?: boolean;
  /** Name of the stage or sink whose program is wanted. */
  readonly stage?: string;
}

/** Adds the command. */
export function register(program: Command): void {
  const ownText = ['format', 'json'];
  withDefinitionOptions(program.command('explain'))
    .description('print what a definition does: stages, columns, what runs where')
    .argument('<file>', 'the definition')
    .option('--bounded', 'with the bounded stand-ins of its sources')
    .option('--simulate', 'with the simulated stand-ins of its sources')
    .addOption(
      new Option('--format <format>', 'in words, as a flowchart, or as data')
        .choices(['text', 'mermaid', 'json'])
        .default(undefined, 'text'),
    )
    .addOption(
      new Option('--program', 'the code that is generated for its stages').conflicts(ownText),
    )
    .addOption(
      new Option('--stage <name>', 'the code that is generated for one stage or sink').conflicts(
        ownText,
      ),
    )
    .addOption(
      new Option(
        '--json',
        'the plan as JSON, without the settings of connections (--format json)',
      ).conflicts('format'),
    )
    .action((file: string, flags: ExplainFlags) => {
      process.stdout.write(explain(load(file, flags), flags));
    });
}

/**
 * What the command prints: the plan in words, as a flowchart, as JSON or as generated code; secrets
 * are masked. Throws EngineError ENG_CLI_USAGE for a stage that is not there.
 */
export function explain(
  { plan: written, spec }: Pick<Definition, 'plan' | 'spec'>,
  flags: Omit<ExplainFlags, keyof DefinitionFlags>,
): string {
  const { format, json, program, stage } = flags;
  const { plan, rewrites } = optimize(written);
  if (json === true || format === 'json')
    return jsonText(mask(planData(plan, rewrites), spec.secrets));
  let text: string;
  if (stage !== undefined) text = explainProgram(plan, checkStage(plan, stage));
  else if (program === true) text = explainProgram(plan);
  else text = format === 'mermaid' ? explainMermaid(written) : explainPlan(plan, rewrites);
  return maskText(text, spec.secrets);
}

function checkStage({ stages, sinks }: Plan, name: string): string {
  const names = [...new Set([...stages, ...sinks].map((node) => node.name))];
  if (names.includes(name)) return name;
  const near = suggest(name, names);
  const hint = near === null ? `there are: ${names.join(', ')}` : `did you mean ${near}?`;
  throw new EngineError('ENG_CLI_USAGE', `there is no stage or sink ${name}: ${hint}`);
}
