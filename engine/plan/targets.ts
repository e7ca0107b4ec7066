/** Sinks that get in each other's way. */
import type { Report } from '../spec/diagnostic.ts';
import type { Connector, SinkNode } from './planner.ts';

/**
 * Reports sinks that write the files of another one, or a table of another key or other types. Rows
 * of several sinks may meet in a topic, or in a table that they see alike. O(sinks · columns).
 */
export function checkTargets(sinks: readonly SinkNode[], report: Report): void {
  const known = new Map<string, SinkNode>();
  for (const sink of sinks) {
    const target = targetOf(sink.connector);
    const first = target === null ? undefined : known.get(target);
    if (target !== null && first === undefined) known.set(target, sink);
    const conflict = first === undefined ? null : conflictOf(first, sink);
    if (first === undefined || conflict === null) continue;
    report({
      code: 'same-target',
      path: ['sinks', sink.name, sink.connector.kind],
      atKey: true,
      message: `${sink.name} writes what ${first.name} writes: ${conflict}`,
      hint: 'give one of the two a place of its own',
    });
  }
}

interface Config {
  readonly path?: string;
  readonly table?: string;
  readonly partitionKey?: readonly string[];
  readonly clusteringKey?: readonly string[];
}

const configOf = ({ config }: Connector): Config => config as Config;

/** What is written, if two sinks cannot both have it as they like. */
function targetOf(connector: Connector): string | null {
  const { path, table } = configOf(connector);
  if (connector.kind === 'file') return JSON.stringify(['file', path]);
  if (table === undefined) return null;
  const { options, addresses } = connector.connection ?? {};
  return JSON.stringify(['table', addresses, options?.['keyspace'], table]);
}

/** Why two sinks do not fit into one target; null if they do. */
function conflictOf(first: SinkNode, second: SinkNode): string | null {
  const [one, other] = [configOf(first.connector), configOf(second.connector)];
  if (one.table === undefined) return `the files ${one.path ?? ''}`;
  const table = `the table ${one.table}`;
  const [key, otherKey] = [one, other].map(({ partitionKey, clusteringKey }) =>
    JSON.stringify([partitionKey, ...(clusteringKey ?? [])]).replaceAll('"', ''),
  );
  if (key !== otherKey) return `${table}, but by the key ${otherKey ?? ''}, not ${key ?? ''}`;
  for (const { name, type } of second.columns) {
    const column = first.columns.find((each) => each.name === name);
    if (column === undefined || column.type === type) continue;
    return `${table}, but with ${name} as ${type}, not ${column.type}`;
  }
  return null;
}
