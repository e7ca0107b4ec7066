/** Which sink `engine query NAME` means, and how to reach what it wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from '../core/batch.ts';
import { suggest } from '../core/suggest.ts';
import { EngineError } from '../errors.ts';
import type { TableReader } from '../io/table/query.ts';
import type { Connection, TableConfig } from '../io/table/table.ts';
import type { Connector, Plan } from '../plan/planner.ts';
import { type LastRun, type LastRunSink, lastRunFile, windowOf } from './last-run.ts';

/** A sink whose rows can be read. */
export interface QueryTarget {
  readonly pipeline: string;
  readonly connector: Connector;
  readonly table: string;
  readonly columns: readonly Column[];
  readonly window: LastRunSink['window'];
  /** True when rows have a ttl. */
  readonly expires: boolean;
  /** True when the last run wrote windows that were still open (R7). */
  readonly provisional: boolean;
}

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

/**
 * The record of the last run of a project: the pipelines that ran together.
 * @throws EngineError ENG_FILE_READ when nothing has run yet, or it cannot be read
 */
export function readLastRuns(project: string): readonly LastRun[] {
  const file = lastRunFile(project);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LastRun[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new EngineError(
        'ENG_FILE_READ',
        `nothing has run here yet (there is no ${file}): \`engine run FILE\` first, or name a definition with -f FILE`,
      );
    }
    throw new EngineError('ENG_FILE_READ', `cannot read ${file}`, { cause: error });
  }
}

/** The sinks of a plan as a record of a run would name them; what has closed is not known. */
export const sinksOf = (plan: Plan): LastRunSink[] =>
  plan.sinks.map(({ name, connector, columns, input }) => ({
    name,
    connector,
    columns,
    window: windowOf(plan, input, { closedUpTo: {} }),
  }));

/** Where rows of other sinks are found. */
function elsewhere({ name, connector }: LastRunSink): string {
  const config = connector.config as Readonly<Record<string, unknown>>;
  const { topic, path } = config;
  if (typeof topic === 'string') return `sink ${name} writes to a topic: \`engine tail ${topic}\``;
  if (typeof path === 'string') return `sink ${name} writes to files: ${path}`;
  return `sink ${name} writes to ${connector.kind}, which keeps no rows`;
}

/** The table that a sink writes to, or null. */
export const tableNameOf = ({ connector }: LastRunSink): string | null =>
  connector.kind === 'cassandra' || connector.kind === 'sqlite'
    ? (connector.config as TableConfig).table
    : null;

/**
 * The sink called `name`, else the one that writes to the table `name`; of several, that of the
 * pipeline named first.
 * @throws EngineError ENG_CLI_USAGE with the names there are
 */
export function targetOf(name: string, runs: readonly LastRun[]): QueryTarget {
  const all = runs.flatMap(({ pipeline, sinks, provisional }) =>
    sinks.map((sink) => ({ pipeline, sink, provisional })),
  );
  const found =
    all.find(({ sink }) => sink.name === name) ??
    all.find(({ sink }) => tableNameOf(sink) === name);
  if (found === undefined) {
    const names = all.map(({ sink }) => sink.name);
    const like = suggest(name, names);
    const pipelines = runs.map(({ pipeline }) => pipeline);
    const hint = like === null ? `the sinks are ${names.join(', ')}` : `did you mean ${like}?`;
    throw usage(`there is no sink or table "${name}" in ${pipelines.join(', ')}: ${hint}`);
  }
  const { pipeline, sink, provisional } = found;
  const table = tableNameOf(sink);
  if (table === null) throw usage(elsewhere(sink));
  const { connector, columns, window } = sink;
  const expires = (connector.config as TableConfig).ttlMs !== null;
  return { pipeline, connector, table, columns, window, provisional, expires };
}

/** A reader for what the target's connector wrote. Close it. */
export async function openReader(
  { connector }: Pick<QueryTarget, 'connector'>,
  project: string,
  onNotice: (text: string) => void,
): Promise<TableReader> {
  const connection = connector.connection as Connection;
  if (connector.kind === 'sqlite') {
    const { sqliteReader } = await import('../io/embedded/sqlite-query.ts');
    return sqliteReader(connection, join(project, '.engine'));
  }
  const { cassandraReader } = await import('../io/cassandra/query.ts');
  return cassandraReader(connection, { signal: new AbortController().signal, onNotice });
}
