/**
 * Paths that lead out of the project. A definition names none: it may come from anybody. Whoever runs
 * it may, with --set or the environment, where something is read.
 */
import type { Path, Report } from './diagnostic.ts';
import type { DefinitionEnvironment } from './environment.ts';
import type { SourceKeywords } from './keywords.ts';
import { serverless } from './normalize-words.ts';
import type { Refusal } from './scalar.ts';
import { shorten } from './scalar.ts';
import type { Keyed } from './spec.ts';

/** Whether a path is absolute, or has `..` in it. */
export const isOutside = (path: string): boolean =>
  /^([/\\~]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..');

/** What is said of such a path. */
export const outsideRefusal = (path: string): Required<Refusal> => ({
  code: 'path-outside',
  message: `\`${shorten(path)}\` may lie outside the project`,
  hint: 'write a path relative to the project, without `..`',
});

/** What checking paths needs. */
export interface PathChecking {
  readonly report: Report;
  readonly environment: Pick<DefinitionEnvironment, 'set' | 'env'>;
  /** Variables written at a path of the definition. */
  readonly variables: (path: Path) => readonly string[];
}

/** Reports what sources and their stand-ins read outside of the project by the definition's own words. */
export function checkInputPaths(
  sources: ReadonlyMap<string, SourceKeywords>,
  checking: PathChecking,
): void {
  for (const [name, { connector, standIn, bounded, simulated }] of sources) {
    const path = ['sources', name];
    checkInput(connector, path, checking);
    checkInput(standIn, [...path, 'instead', serverless], checking);
    checkInput(bounded, [...path, 'instead', 'bounded'], checking);
    checkInput(simulated, [...path, 'instead', 'simulated'], checking);
  }
}

function checkInput(
  keyed: Keyed | null,
  at: Path,
  { report, environment, variables }: PathChecking,
): void {
  if (keyed?.keyword !== 'file') return;
  const { path } = keyed.args as { readonly path: string };
  // `file: PATH` and `file: { path: PATH }`.
  const places = [
    [...at, 'file'],
    [...at, 'file', 'path'],
  ];
  const isGiven = places
    .flatMap(variables)
    .some((name) => environment.set.has(name) || environment.env.has(name));
  if (isOutside(path) && !isGiven)
    report({ ...outsideRefusal(path), path: [...at, 'file', 'path'] });
}
