/** `engine ddl`: the keyspaces and tables of a definition as CQL, or made where they are missing. */
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { ddlOf } from '../io/cassandra/ddl.ts';
import { connectionOf, tableOf } from '../io/table/table.ts';
import type { SinkNode } from '../plan/planner.ts';
import { frontierNodes } from '../run/views/frontiers.ts';
import { load } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';

interface DdlFlags extends DefinitionFlags {
  readonly apply?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('ddl'))
    .description('print (or apply) the keyspace and tables of a definition')
    .argument('<file>', 'the definition')
    .option('--apply', 'create what is missing and check what is there')
    .option('--json', 'the statements, or what was created, as JSON')
    .action(async (file: string, flags: DdlFlags) => {
      const { plan } = load(file, flags);
      const tables = plan.sinks.filter(({ connector }) => TABLES.has(connector.kind));
      if (tables.length === 0) {
        throw new EngineError('ENG_CLI_USAGE', `${file} has no sink that writes to Cassandra`);
      }
      const all = [...tables, ...frontierNodes(plan)];
      if (flags.apply === true) await apply(all, flags);
      else show(all, flags);
    });
}

const TABLES = new Set(['cassandra', 'sqlite']);

const note = (text: string): void => void process.stderr.write(`${text}\n`);

function show(nodes: readonly SinkNode[], { json }: DdlFlags): void {
  const statements = ddlOf(nodes);
  if (json === true) process.stdout.write(`${JSON.stringify({ statements })}\n`);
  else process.stdout.write(statements.map((statement) => `${statement};\n`).join('\n'));
}

async function apply(nodes: readonly SinkNode[], { json }: DdlFlags): Promise<void> {
  const remote = nodes.filter(({ connector }) => connector.kind === 'cassandra');
  if (remote.length < nodes.length) {
    note(
      'no Cassandra is configured (contact_points): `engine run` keeps the tables in a file and creates them itself',
    );
  }
  const { acquireClient } = await import('../io/cassandra/client.ts');
  const { ensureTable } = await import('../io/cassandra/schema.ts');
  const context = { signal: new AbortController().signal, onNotice: note };
  const created: string[] = [];
  const releases: (() => Promise<void>)[] = [];
  try {
    for (const node of remote) {
      const table = tableOf(node);
      const connection = connectionOf(node);
      const { client, release } = await acquireClient(connection, context);
      releases.push(release);
      const made = await ensureTable(client, connection, table);
      for (const name of made) note(`created ${name}`);
      if (made.length === 0) note(`table ${table.keyspace}.${table.table} is there and fits`);
      created.push(...made);
    }
  } finally {
    for (const release of releases) await release();
  }
  if (json === true) process.stdout.write(`${JSON.stringify({ created })}\n`);
}
