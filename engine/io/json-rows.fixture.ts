/** Reading back rows that sinks wrote as JSON, and nodes to write them with; for tests. */
import { type Cell, type Column, isArray } from '../core/batch.ts';
import type { SinkNode } from '../plan/planner.ts';

/** The cells of a row that was written as JSON. */
export function cellsOf(columns: readonly Column[], json: string): Map<string, Cell> {
  const row = new Map(Object.entries(JSON.parse(json) as Record<string, unknown>));
  return new Map(columns.map((column) => [column.name, cellOf(column, row.get(column.name))]));
}

function cellOf({ type }: Column, value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (type === 'string') return value as string;
  if (isArray(type)) return JSON.stringify(value);
  if (type === 'timestamp') return Date.parse(value as string);
  return type === 'float' ? Math.fround(Number(value)) : Number(value);
}

/** A sink node of columns, with its connector's settings. */
export function sinkNode(
  kind: string,
  columns: readonly Column[],
  config: Readonly<Record<string, unknown>>,
): SinkNode {
  return {
    ...{ kind: 'sink', name: 'out', input: 'felt', operations: [], slots: columns.length },
    columns: columns.map((column, slot) => ({ ...column, slot })),
    connector: { kind, config, connection: null },
  };
}
