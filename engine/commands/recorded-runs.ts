/** What is known of the pipelines whose rows a command reads: from the last run, or a definition. */
import type { LastRun } from '../run/last-run.ts';
import { readLastRuns, sinksOf } from '../run/query-target.ts';
import { load, review } from './definition.ts';
import { type DefinitionFlags } from './definition-options.ts';

/**
 * The runs that sinks are looked up in: those of the last time; with `file` the definition's, with
 * what the last run knows about it.
 */
export function runsOf(
  file: string | undefined,
  flags: DefinitionFlags,
  project: string,
): readonly LastRun[] {
  if (file === undefined) return readLastRuns(project).map((run) => withLogin(run, flags));
  const { plan } = load(file, flags);
  const sinks = sinksOf(plan);
  const last = provisionalRunOf(plan.name, project);
  if (last === null) return [{ pipeline: plan.name, file, sinks, provisional: false }];
  const windows = new Map(last.sinks.map(({ name, window }) => [name, window]));
  const known = sinks.map((sink) => ({ ...sink, window: windows.get(sink.name) ?? sink.window }));
  return [{ ...last, sinks: known }];
}

/** The pipeline's part of the last run, if it was one and left provisional rows. */
function provisionalRunOf(pipeline: string, project: string): LastRun | null {
  try {
    const last = readLastRuns(project).find((run) => run.pipeline === pipeline);
    return last?.provisional === true ? last : null;
  } catch {
    return null;
  }
}

/** Logins are not recorded with a run: they are taken from its definition while it still reads. */
function withLogin(run: LastRun, flags: DefinitionFlags): LastRun {
  if (!run.sinks.some(({ connector }) => connector.kind === 'cassandra')) return run;
  let current: ReturnType<typeof sinksOf>;
  try {
    const { definition } = review(run.file, flags);
    if (definition === null) return run;
    current = sinksOf(definition.plan);
  } catch {
    return run;
  }
  const sinks = run.sinks.map((sink) => {
    const { connection } = sink.connector;
    const now = current.find(({ name }) => name === sink.name)?.connector.connection;
    if (connection === null || now?.name !== connection.name) return sink;
    const { auth, tls, client } = now.options;
    const options = { ...connection.options, auth, tls, client };
    return { ...sink, connector: { ...sink.connector, connection: { ...connection, options } } };
  });
  return { ...run, sinks };
}
