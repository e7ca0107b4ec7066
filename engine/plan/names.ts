/** Who reads whom, by name: what can be said before anything is planned. */
import { suggest } from '../core/suggest.ts';
import type { Path, Report } from '../spec/diagnostic.ts';
import type { Spec } from '../spec/spec.ts';

/**
 * Reports stages that are called like a source, names in `from` that are none, sources and stages
 * that nobody reads, and that there is no sink. O(names); O(names²) for what is misspelt.
 */
export function checkNames(spec: Spec, report: Report): void {
  const sources = new Set(spec.sources.map(({ name }) => name));
  const names = new Set([...sources, ...spec.stages.map(({ name }) => name)]);
  for (const { name } of spec.stages) {
    if (!sources.has(name)) continue;
    const message = `${name} is the name of a source already`;
    report({ code: 'duplicate-name', path: ['stages', name], atKey: true, message });
  }
  const read = new Set<string>();
  for (const { from, path } of readers(spec)) {
    // What was most likely meant counts as read: one mistake, one finding.
    const name = names.has(from) ? from : reportUnknown(from, path, names, report);
    if (name !== null) read.add(name);
  }
  reportUnused('sources', spec.sources, { read, report });
  reportUnused('stages', spec.stages, { read, report });
  if (spec.sinks.length > 0) return;
  const message = 'a pipeline needs at least one sink';
  report({ code: 'no-sink', path: ['sinks'], message, hint: 'e.g. `stdout: {}` while you try it' });
}

interface Reader {
  readonly from: string;
  readonly path: Path;
}

const readers = (spec: Spec): Reader[] => [
  ...spec.stages.flatMap((stage) =>
    stage.from.map((from) => ({ from, path: ['stages', stage.name, 'from'] })),
  ),
  ...spec.sinks.map(({ name, from }) => ({ from, path: ['sinks', name, 'from'] })),
];

/** Reports a name that is neither source nor stage; the one that may have been meant, or null. */
function reportUnknown(
  from: string,
  path: Path,
  names: ReadonlySet<string>,
  report: Report,
): string | null {
  const near = suggest(from, names);
  const message = `there is no source or stage ${from}`;
  const hint = near === null ? `there are: ${[...names].join(', ')}` : `did you mean ${near}?`;
  report({ code: 'unknown-from', path, message, hint });
  return near;
}

function reportUnused(
  where: 'sources' | 'stages',
  declared: readonly { readonly name: string }[],
  { read, report }: { read: ReadonlySet<string>; report: Report },
): void {
  for (const { name } of declared) {
    if (read.has(name)) continue;
    report({
      code: 'unused',
      severity: 'warning',
      path: [where, name],
      atKey: true,
      message: `nothing reads ${name}`,
      hint: `add a sink or a stage with \`from: ${name}\`, or remove it`,
    });
  }
}
