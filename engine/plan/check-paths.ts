/** Columns of a source read places of their own. */
import type { Report } from '../spec/diagnostic.ts';
import type { SourceSpec } from '../spec/spec.ts';
import type { SourceNode } from './planner.ts';

/**
 * Reports columns that read what another column reads, or what holds it: a value cannot be a number
 * and an object. The later of two is reported. O(columns² × length of paths).
 */
export function checkPaths(
  { name, schema }: SourceSpec,
  fields: SourceNode['fields'],
  report: Report,
): void {
  const paths = fields.map(({ from }) => (typeof from === 'string' ? null : from));
  paths.forEach((path, index) => {
    if (path === null) return;
    const other = paths.findIndex(
      (before, i) => i < index && before !== null && meet(before, path),
    );
    const before = paths[other];
    const column = schema[index];
    if (before === null || before === undefined || column === undefined) return;
    const place = before.join('.');
    const message =
      before.length === path.length
        ? `${schema[other]?.name ?? ''} reads ${place} already`
        : `${schema[other]?.name ?? ''} reads ${place}, which ${before.length < path.length ? 'holds' : 'is in'} ${path.join('.')}`;
    const hint = 'a value of a record goes into one column; `set` computes others from it';
    report({
      ...{ code: 'same-path', path: ['sources', name, 'schema', column.name], atKey: true },
      ...{ message, hint },
    });
  });
}

/** True when one path begins with the other. */
const meet = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((step, i) => b[i] === step);
