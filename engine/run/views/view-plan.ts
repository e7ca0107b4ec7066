/** Streaming definition → the plan that computes its batch views: the same windows, other tables. */
import { invariant, EngineError } from '../../errors.ts';
import type { Plan, PlanColumn, RecordNode, SinkNode, WindowNode } from '../../plan/planner.ts';
import { inputsOf } from '../../plan/union.ts';
import { windowOf } from '../last-run.ts';
import { isTable, keyspaceKey } from './engine-tables.ts';

/** Column of batch views that tells the rows of one batch from those of another. */
export const BATCH_ID = 'batch_id';

/** A table of windows and its batch view. */
export interface View {
  /** The sink of the definition. */
  readonly sink: SinkNode;
  readonly table: string;
  readonly viewTable: string;
  /** The window stage whose rows it holds. */
  readonly stage: string;
}

interface TableSettings {
  readonly table: string;
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
}

/** The table of the batch view of a table. */
export const viewTableOf = (table: string): string => `${table}_batch`;

const settingsOf = ({ connector }: SinkNode): TableSettings => connector.config as TableSettings;

/**
 * The views of a pipeline: of every table that keeps one row a group and window.
 * @throws EngineError ENG_CLI_USAGE when there is none, or another sink writes to a view's table
 */
export function viewsOf(plan: Plan): View[] {
  const views = plan.sinks.flatMap((sink): View[] => {
    const window = windowOf(plan, sink.input, { closedUpTo: {} });
    if (window === null || !isTable(sink.connector)) return [];
    const { table, partitionKey, clusteringKey } = settingsOf(sink);
    const hasEnd = sink.columns.some(({ name }) => name === 'window_end');
    if (!hasEnd || ![...partitionKey, ...clusteringKey].includes('window_start')) return [];
    return [{ sink, table, viewTable: viewTableOf(table), stage: window.stage }];
  });
  if (views.length === 0) {
    throw usage(
      `${plan.name} has no table that a batch view can be made of: one with window_start in its primary key, and window_end`,
    );
  }
  for (const view of views) checkTable(view, plan);
  return views;
}

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

function checkTable({ sink, table, viewTable }: View, { sinks }: Plan): void {
  if (viewTable.length > 48) {
    throw usage(
      `the batch view of ${table} would be called ${viewTable}, which is too long a name`,
    );
  }
  const key = keyspaceKey(sink.connector);
  const same = sinks.filter(
    ({ connector }) => isTable(connector) && keyspaceKey(connector) === key,
  );
  const taken = same.find((other) => settingsOf(other).table === viewTable);
  if (taken !== undefined) {
    throw usage(
      `sink ${taken.name} writes to ${viewTable}, which is for the batch view of ${table}`,
    );
  }
  if (same.some((other) => other !== sink && settingsOf(other).table === table)) {
    throw usage(`several sinks write to ${table}: a batch view needs a table of its own`);
  }
}

/** Name of the run that computes the views of a pipeline; no definition can have it. */
export const viewPipelineOf = (pipeline: string): string => `${pipeline}.batch`;

/**
 * The plan that writes one batch of views. What the stream has said of records that are late or wrong
 * is not said again: they are left out and counted.
 */
export function viewPlan(plan: Plan, views: readonly View[], batchId: number): Plan {
  const name = viewPipelineOf(plan.name);
  const sinks = views.map((view) => viewSink(view, batchId));
  const needed = allAbove(plan, sinks);
  const path = `.engine/dead-letters/${name}.ndjson`;
  const { decode, expression, ...rest } = plan.errors;
  return {
    ...plan,
    name,
    sources: plan.sources.filter((source) => needed.has(source.name)),
    stages: plan.stages.filter((stage) => needed.has(stage.name)).map(withoutLetters),
    sinks,
    errors: {
      ...rest,
      decode: decode === 'fail' ? 'fail' : 'skip',
      expression: expression === 'fail' ? 'fail' : 'skip',
      deadLetter: { kind: 'file', connection: null, config: { path, rotate: null } },
    },
  };
}

const withoutLetters = (stage: RecordNode | WindowNode): RecordNode | WindowNode =>
  stage.kind === 'window' ? { ...stage, late: 'drop', emit: 'final' } : stage;

/** The sink of a view: that of the table, with the batch's id as a column that leads the key. */
function viewSink({ sink, viewTable }: View, batchId: number): SinkNode {
  const { slots, columns, operations, connector } = sink;
  const column: PlanColumn = { name: BATCH_ID, type: 'long', nullable: false, slot: slots };
  const value = { kind: 'literal', type: 'long', nullable: false, value: batchId } as const;
  const settings = settingsOf(sink);
  const partitionKey = [BATCH_ID, ...settings.partitionKey];
  return {
    ...sink,
    operations: [...operations, { operation: 'set', args: { slot: slots, value, name: BATCH_ID } }],
    slots: slots + 1,
    columns: [column, ...columns],
    connector: { ...connector, config: { ...settings, table: viewTable, partitionKey } },
  };
}

/** Names of all stages and sources that rows of the sinks come from. */
function allAbove({ stages, sources }: Plan, sinks: readonly SinkNode[]): Set<string> {
  const needed = new Set<string>();
  const add = (input: string): void => {
    if (needed.has(input)) return;
    needed.add(input);
    const above = stages.find(({ name }) => name === input);
    if (above !== undefined) inputsOf(above).forEach(add);
    else
      invariant(
        sources.some(({ name }) => name === input),
        `nothing is called ${input}`,
      );
  };
  for (const { input } of sinks) add(input);
  return needed;
}
