/**
 * `.engine/last-run.json`: where the pipelines that ran last wrote their rows, for `engine query`.
 * Settings of connections are in it without what must stay secret.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Column } from '../core/batch.ts';
import { windowsAbove } from '../plan/above.ts';
import type { Connector, Plan } from '../plan/planner.ts';
import type { Summary } from './summary.ts';

/** One sink of the last run. */
export interface LastRunSink {
  readonly name: string;
  readonly connector: Connector;
  readonly columns: readonly Column[];
  /** The window stage whose rows it holds, or null. */
  readonly window: {
    readonly stage: string;
    readonly graceMs: number;
    /** Windows with end + grace at or below it are complete; epoch ms or null (none closed). */
    readonly closedUpTo: number | null;
  } | null;
}

/** One pipeline of the last run; the file holds an array of them. */
export interface LastRun {
  readonly pipeline: string;
  /** Path of the definition, as it was given. */
  readonly file: string;
  readonly sinks: readonly LastRunSink[];
  /** Where its dead letters are; records of older versions do not say. */
  readonly deadLetters?: Connector;
  /** True when windows that were still open were written (R7). */
  readonly provisional: boolean;
}

/** Path of the file below a project. */
export const lastRunFile = (project: string): string => join(project, '.engine', 'last-run.json');

/** What `engine query` will want to know of a pipeline that ran; `file` is its definition. */
export function lastRunOf(
  plan: Plan,
  file: string,
  summary: Pick<Summary, 'closedUpTo' | 'provisional'>,
): LastRun {
  const sinks = plan.sinks.map((sink): LastRunSink => {
    const { name, columns, connector } = sink;
    return {
      name,
      connector: withoutSecrets(connector),
      columns,
      window: windowOf(plan, sink.input, summary),
    };
  });
  const deadLetters = withoutSecrets(plan.errors.deadLetter);
  return { pipeline: plan.name, file, sinks, deadLetters, provisional: summary.provisional };
}

/** Writes the record of pipelines that ran together. */
export async function writeLastRuns(runs: readonly LastRun[], project: string): Promise<void> {
  const target = lastRunFile(project);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.tmp`, `${JSON.stringify(runs, null, 2)}\n`);
  await rename(`${target}.tmp`, target);
}

/**
 * The window stage whose rows arrive from `input`, or null: also where several do, of which none says
 * how far the others are. What has closed is null where unknown.
 */
export function windowOf(
  plan: Plan,
  input: string,
  { closedUpTo }: Pick<Summary, 'closedUpTo'>,
): LastRunSink['window'] {
  const stage = plan.stages.find(({ name }) => name === input);
  if (stage === undefined) return null;
  if (stage.kind === 'record') {
    return windowsAbove(plan, stage).length > 1
      ? null
      : windowOf(plan, stage.input, { closedUpTo });
  }
  const { name, graceMs } = stage;
  return { stage: name, graceMs, closedUpTo: closedUpTo[name] ?? null };
}

/** Options that reading back needs; credentials are not among them. */
const KEPT = ['local_data_center', 'keyspace', 'replication'];

function withoutSecrets(connector: Connector): Connector {
  const { kind, config, connection } = connector;
  if (connection === null) return connector;
  const options = Object.fromEntries(
    Object.entries(connection.options).filter(([name]) => KEPT.includes(name)),
  );
  return { kind, config, connection: { ...connection, options } };
}
