/** A definition's text → a plan, for programs and commands. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Extensions, noExtensions } from '../core/extension/load.ts';
import { buildPlan } from '../plan/build.ts';
import type { Plan } from '../plan/planner.ts';
import type { Diagnostic } from '../spec/diagnostic.ts';
import type { DefinitionEnvironment } from '../spec/environment.ts';
import { formatDiagnostics } from '../spec/format-diagnostics.ts';
import { parseDefinition } from '../spec/parse.ts';
import type { Spec } from '../spec/spec.ts';
import { stagesWith } from '../stages/registry.ts';

/** How to read a definition. */
export interface CompileOptions {
  /** How the definition is called in diagnostics; default `pipeline.yaml`. */
  readonly file?: string;
  /** What `${NAME}` and parameters are taken from, e.g. KAFKA_BROKERS; nothing by default. */
  readonly variables?: Iterable<readonly [name: string, value: string]>;
  /** The root that relative paths and `.engine/` are below; default the working directory. */
  readonly project?: string;
  /** Sources take `instead.bounded`. */
  readonly bounded?: boolean;
  /** Stages and aggregates of modules: what `loadExtensions` gave. */
  readonly extensions?: Extensions;
  /** Sources that ask an API take `instead.simulated`. */
  readonly simulate?: boolean;
}

/** What became of a definition. */
export interface Compiled {
  /** What `run` takes: plain data; null when there is an error among the diagnostics. */
  readonly plan: Plan | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The diagnostics as a person reads them; empty when there are none. */
  readonly report: string;
}

/** Compiles a definition. Never throws for what the text holds: all mistakes are diagnostics, at once. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const { file = 'pipeline.yaml', project = process.cwd(), variables = [] } = options;
  const { bounded = false, simulate = false, extensions = noExtensions } = options;
  const { plan, diagnostics, print } = compileDefinition(
    text,
    file,
    {
      ...{ set: new Map(variables), env: new Map(), dotenv: new Map(), bounded, simulate },
      topics: (name) => existsSync(join(project, '.engine', 'topics', name)),
    },
    extensions,
  );
  return { plan, diagnostics, report: print({ color: false }) };
}

/** As `compile`, with all that can be told a definition, and the Spec it went by. */
export function compileDefinition(
  text: string,
  file: string,
  environment: DefinitionEnvironment,
  extensions: Extensions = noExtensions,
): {
  readonly spec: Spec | null;
  readonly plan: Plan | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly print: (options: { color: boolean }) => string;
} {
  const stages = stagesWith(extensions);
  const { spec, diagnostics, locator } = parseDefinition({
    ...{ text, file, environment },
    vocabulary: stages.vocabulary,
  });
  const planned = spec === null ? null : buildPlan(spec, stages.registry, extensions);
  const all = [...diagnostics, ...(planned?.diagnostics ?? [])];
  return {
    spec,
    plan: planned?.plan ?? null,
    diagnostics: all,
    print: (options) => formatDiagnostics(all, locator, options),
  };
}
