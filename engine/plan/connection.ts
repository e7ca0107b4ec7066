/** Looking up the connection a keyword uses. */
import type { ConnectionSpec } from '../spec/spec.ts';
import type { PlanContext } from './planner.ts';

/** The named connection (null: the one named after its kind), or null after reporting. */
export function connectionOrReport(
  kind: ConnectionSpec['kind'],
  name: string | null,
  context: PlanContext,
): ConnectionSpec | null {
  const { report, path } = context;
  const found = context.connection(kind, name ?? undefined);
  if (found !== null) return found;
  const wanted = name ?? kind;
  report({
    code: 'unknown-connection',
    path: name === null ? path : [...path, 'connection'],
    atKey: name === null,
    message: `there is no ${kind} connection \`${wanted}\``,
    hint: `add it: connections: { ${wanted}: { … } }`,
  });
  return null;
}
