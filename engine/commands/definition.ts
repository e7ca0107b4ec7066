/**
 * Reading definitions for commands: the file, `.env`, the environment, then Spec and plan.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { extensionsOf } from '../core/extension/load.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Plan } from '../plan/planner.ts';
import { keptTopicsOf } from '../plan/upstream.ts';
import { compileDefinition } from '../run/compile.ts';
import type { Diagnostic } from '../spec/diagnostic.ts';
import { parseDotEnv } from '../spec/dot-env.ts';
import type { Spec } from '../spec/spec.ts';
import { type DefinitionFlags, extensionUrl } from './definition-options.ts';

/** A definition that is right. */
export interface Definition {
  readonly spec: Spec;
  readonly plan: Plan;
  /** The project's root: `.engine/` and relative paths of the definition are below it. */
  readonly project: string;
}

/** What was made of a file; `definition` is null when an error is among the diagnostics. */
export interface Reviewed {
  readonly file: string;
  readonly definition: Definition | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The diagnostics as a person reads them; empty when there are none. */
  readonly print: (options: { color: boolean }) => string;
}

/**
 * Reads, checks and plans a definition; what is wrong is in the diagnostics. Throws EngineError
 * ENG_FILE_READ for files that cannot be read, ENG_CLI_USAGE for a malformed --set. `written` are
 * topics that other pipelines of the process keep on this machine (K3).
 */
export function review(
  file: string,
  flags: DefinitionFlags,
  written: ReadonlySet<string> = new Set(),
): Reviewed {
  const project = findProjectDirectory(process.cwd());
  const text = readText(file);
  const compiled = compileDefinition(
    text,
    file,
    {
      set: readSettings(flags.set ?? []),
      env: readProcessEnvironment(),
      dotenv: readDotEnv(flags.envFile, project),
      topics: (name) => written.has(name) || existsSync(join(project, '.engine', 'topics', name)),
      bounded: flags.bounded ?? false,
      simulate: flags.simulate ?? false,
      ...(flags.now === undefined ? {} : { nowMs: flags.now }),
    },
    extensionsOf((flags.extension ?? []).map(extensionUrl)),
  );
  const { spec, plan, diagnostics, print } = compiled;
  const definition = spec === null || plan === null ? null : { spec, plan, project };
  return { file, definition, diagnostics, print };
}

/**
 * The definition of a file. Warnings and errors go to stderr; an error ends in EngineError
 * ENG_DEFINITION_INVALID, whose message is empty because everything has been said.
 */
export function load(file: string, flags: DefinitionFlags): Definition {
  const { definition, print } = review(file, flags);
  process.stderr.write(print({ color: wantsColor(process.stderr) }));
  if (definition === null) throw new EngineError('ENG_DEFINITION_INVALID', '');
  return definition;
}

/**
 * The definitions of pipelines that are to run in one process: each may read topics that another
 * keeps on this machine (K3). Says what is wrong in any of them; throws as `load` does.
 */
export function loadTogether(files: readonly string[], flags: DefinitionFlags): Definition[] {
  let written: ReadonlySet<string> = new Set();
  for (;;) {
    const known = written;
    const reviewed = files.map((file) => review(file, flags, known));
    const found = reviewed.flatMap(({ definition }) => definition ?? []);
    written = new Set(found.flatMap(({ plan }) => keptTopicsOf(plan)));
    // A topic that is found may be what another definition needs to be right, and write one itself.
    if (written.size > known.size) continue;
    for (const { print } of reviewed)
      process.stderr.write(print({ color: wantsColor(process.stderr) }));
    if (found.length < files.length) throw new EngineError('ENG_DEFINITION_INVALID', '');
    return found;
  }
}

/** True when a stream is a terminal that takes colours; NO_COLOR and FORCE_COLOR are honoured. */
export const wantsColor = (stream: NodeJS.WriteStream): boolean =>
  // Not every stream that is no terminal has the method.
  (stream as Partial<NodeJS.WriteStream>).hasColors?.() ?? false;

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    const message =
      reason === 'ENOENT'
        ? `there is no file ${file}`
        : reason === 'EISDIR'
          ? `${file} is a directory: name the file of a definition`
          : `cannot read ${file}: ${messageOf(error)}`;
    throw new EngineError('ENG_FILE_READ', message, { context: { file }, cause: error });
  }
}

function readSettings(settings: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    settings.map((setting): [string, string] => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(setting) ?? [];
      if (name !== undefined) return [name, value ?? ''];
      const given = setting.split('=', 1)[0] ?? '';
      throw new EngineError('ENG_CLI_USAGE', `--set takes NAME=value, not ${given}`);
    }),
  );
}

const readProcessEnvironment = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );

/** The named file, which must exist, else `.env` here or in the project, which need not. */
function readDotEnv(named: string | undefined, project: string): ReadonlyMap<string, string> {
  if (named !== undefined) return parseDotEnv(readText(named));
  const found = [resolve('.env'), join(project, '.env')].find((file) => existsSync(file));
  return found === undefined ? new Map() : parseDotEnv(readText(found));
}
