/**
 * The plan of a verification: what a definition reads with `--bounded`, written to tables of its own,
 * with state and dead letters of its own, so that nothing of the stream is touched.
 */
import { EngineError } from '../errors.ts';
import type { TableConfig } from '../io/table/table.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';

/** Where a verification keeps what it makes, below the project. Removed before and after. */
export const VERIFY_DIRECTORY = '.engine/verify';
/** The keyspace of its tables: a SQLite file. */
export const VERIFY_KEYSPACE = 'engine_verify';

/** True for sinks whose rows can be read back. */
export const isTable = ({ connector }: Pick<SinkNode, 'connector'>): boolean =>
  connector.kind === 'cassandra' || connector.kind === 'sqlite';

/** The table that a sink's rows are put into. */
export const verifyTableOf = (bounded: Plan, sink: string): string =>
  `sink_${bounded.sinks.findIndex(({ name }) => name === sink)}`;

/**
 * `bounded` as it is run to verify it. Throws EngineError ENG_CLI_USAGE for a definition without
 * tables, or one whose sources do not end.
 */
export function verificationPlan(bounded: Plan): Plan {
  const endless = bounded.sources.find((source) => !source.bounded);
  if (endless !== undefined) {
    throw new EngineError(
      'ENG_CLI_USAGE',
      `source ${endless.name} has no archive to verify by: give it \`instead: { bounded: { file: … } }\``,
    );
  }
  const sinks = bounded.sinks.filter(isTable).map((sink): SinkNode => {
    const config = sink.connector.config as TableConfig;
    const table = verifyTableOf(bounded, sink.name);
    return {
      ...sink,
      connector: {
        kind: 'sqlite',
        config: { ...config, table, ttlMs: null },
        connection: {
          name: 'verify',
          kind: 'cassandra',
          addresses: [],
          options: { keyspace: VERIFY_KEYSPACE },
        },
      },
    };
  });
  if (sinks.length === 0) {
    throw new EngineError('ENG_CLI_USAGE', `${bounded.name} writes no tables: nothing to verify`);
  }
  const deadLetter = { kind: 'file', config: { path: `${VERIFY_DIRECTORY}/dead-letters.ndjson` } };
  return {
    ...bounded,
    // Provisional rows would only be replaced.
    stages: bounded.stages.map((stage) =>
      stage.kind === 'window' ? { ...stage, emit: 'final' as const } : stage,
    ),
    sinks,
    errors: { ...bounded.errors, deadLetter: { ...deadLetter, connection: null } },
    checkpoint: { ...bounded.checkpoint, directory: `${VERIFY_DIRECTORY}/state` },
  };
}
