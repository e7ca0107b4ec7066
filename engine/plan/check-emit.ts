/**
 * W5: provisional rows stand until another takes their place. So they go to tables only, under a key
 * of their own, and whatever might leave out the final row may not lie on their way.
 */
import type { Report } from '../spec/diagnostic.ts';
import { emitText } from './text.ts';
import type { Operation, Plan, SinkNode, WindowNode } from './planner.ts';
import { inputsOf } from './union.ts';
import { identifyingBoundsOf } from './window-shape.ts';

type Nodes = Pick<Plan, 'stages' | 'sinks'>;

/** Kinds of sinks where a row replaces the one of the same key. */
const TABLES: ReadonlySet<string> = new Set(['cassandra', 'sqlite']);

/** Reports stages that emit before their rows are final, where these could not be replaced. */
export function checkEmit(nodes: Nodes, report: Report): void {
  for (const stage of nodes.stages) {
    if (stage.kind !== 'window' || stage.emit === 'final') continue;
    checkWindow(stage, report);
    for (const { where, path } of waysBelow(stage.name, nodes)) {
      if (where.some(isFilter)) reportFilter(stage, [...path, 'where'], report);
      if (where.some(isDedup)) reportFilter(stage, [...path, 'dedup'], report);
      if (where.some(isExplode)) reportExplode(stage, [...path, 'explode'], report);
    }
    for (const sink of sinksBelow(stage.name, nodes)) checkSink(stage, sink, report);
  }
}

const isFilter = ({ operation }: Operation): boolean => operation === 'where';
const isDedup = ({ operation }: Operation): boolean => operation === 'dedup';

/** Kinds of windows that have no rows before they are final, and why. */
const NOT_BEFORE: Partial<Record<WindowNode['shape']['kind'], string>> = {
  session: 'a session has no row before it is final: its `window_start` may still change',
  count: 'a window that counts has no row before it is full',
};

const isExplode = ({ operation }: Operation): boolean => operation === 'explode';

function reportExplode(
  { name, emit }: Pick<WindowNode, 'name' | 'emit'>,
  path: readonly string[],
  report: Report,
): void {
  report({
    code: 'emit-filter',
    path,
    atKey: true,
    message: `an element that a row of ${name} has now may not be in the final one, and would stay (emit: ${emitText(emit)})`,
    hint: 'write the list to a table as it is, or use `emit: final`',
  });
}

function checkWindow({ name, shape, after, emit }: WindowNode, report: Report): void {
  const why = NOT_BEFORE[shape.kind];
  if (why !== undefined) {
    const path = ['stages', name, 'emit'];
    report({ code: 'emit-window', path, message: why, hint: 'use `emit: final`' });
  }
  if (after.some(isFilter)) reportFilter({ name, emit }, ['stages', name, 'having'], report);
}

function reportFilter(
  { name, emit }: Pick<WindowNode, 'name' | 'emit'>,
  path: readonly string[],
  report: Report,
): void {
  report({
    code: 'emit-filter',
    path,
    message: `a row of ${name} that passes here now may not pass in the end, and would stay (emit: ${emitText(emit)})`,
    hint: 'filter what is read from the table, or use `emit: final`',
  });
}

/** Filters of stages and sinks below a stage, with where they stand. */
function waysBelow(
  name: string,
  nodes: Nodes,
): { where: readonly Operation[]; path: readonly string[] }[] {
  return [
    ...nodes.stages.flatMap((stage) => {
      if (!inputsOf(stage).includes(name) || stage.kind !== 'record') return [];
      const own = { where: stage.operations, path: ['stages', stage.name] };
      return [own, ...waysBelow(stage.name, nodes)];
    }),
    ...nodes.sinks.flatMap((sink) =>
      inputsOf(sink).includes(name) ? [{ where: sink.operations, path: ['sinks', sink.name] }] : [],
    ),
  ];
}

const sinksBelow = (name: string, nodes: Nodes): SinkNode[] => [
  ...nodes.sinks.filter(({ input }) => input === name),
  ...nodes.stages.flatMap((stage) =>
    inputsOf(stage).includes(name) && stage.kind === 'record' ? sinksBelow(stage.name, nodes) : [],
  ),
];

function checkSink(stage: WindowNode, { name, connector }: SinkNode, report: Report): void {
  const { kind, config } = connector;
  const emit = emitText(stage.emit);
  if (!TABLES.has(kind)) {
    report({
      code: 'emit-sink',
      path: ['sinks', name, kind],
      atKey: true,
      message: `${name} cannot take back rows of ${stage.name} that are not final yet (emit: ${emit})`,
      hint: 'write them to a table (`cassandra`), or use `emit: final`',
    });
    return;
  }
  const { partitionKey = [], clusteringKey = [] } = config as {
    readonly partitionKey?: readonly string[];
    readonly clusteringKey?: readonly string[];
  };
  const key = [...partitionKey, ...clusteringKey];
  const needed = [...stage.keys, ...identifyingBoundsOf(stage.shape.kind)];
  const missing = needed.filter((column) => !key.includes(column.name));
  if (missing.length === 0) return;
  report({
    code: 'emit-sink',
    path: ['sinks', name, kind],
    atKey: true,
    message: `a row that is not final yet could take the place of a final one (emit: ${emit}): the key of ${name} lacks ${missing.map((column) => column.name).join(', ')}`,
    hint: 'add it to primary_key, or use `emit: final`',
  });
}
