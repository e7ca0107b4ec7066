/**
 * argv → command. The only place that exits the process and listens to signals. Commands are loaded
 * when they are named, so that `engine --help` does not wait for clients nobody asked for.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EngineError, messageOf } from './errors.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ register(program: Command): void }>;
}

const entries: readonly Entry[] = [
  {
    name: 'init',
    summary: 'write a pipeline to begin with',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'run',
    summary: 'run a pipeline',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'check',
    summary: 'check definitions and print what is wrong',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'explain',
    summary: 'print the plan of a definition',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'test',
    summary: 'run the tests of definitions',
    load: () => import('./commands/test.ts'),
  },
  {
    name: 'status',
    summary: 'what the pipelines of this project are doing, or how they ended',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'query',
    summary: 'print rows a sink has written',
    load: () => import('./commands/query.ts'),
  },
  {
    name: 'why',
    summary: 'which records made a row',
    load: () => import('./commands/why.ts'),
  },
  {
    name: 'dead-letters',
    summary: 'list records that could not be used, and send them again',
    load: () => import('./commands/dead-letters.ts'),
  },
  {
    name: 'verify',
    summary: 'compare the rows of a stream with those of its archive',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'serve',
    summary: 'serve rows over HTTP, read only',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'ddl',
    summary: 'print (or apply) the keyspace and tables of a definition',
    load: () => import('./commands/ddl.ts'),
  },
  {
    name: 'topics',
    summary: 'list topics',
    load: () => import('./commands/topics.ts'),
  },
  {
    name: 'tail',
    summary: 'print records of a topic',
    load: () => import('./commands/tail.ts'),
  },
  {
    name: 'load',
    summary: 'load a file of JSON lines into a topic',
    load: () => import('./commands/load.ts'),
  },
  {
    name: 'offsets',
    summary: 'show how far a group has read a topic',
    load: () => import('./commands/offsets.ts'),
  },
  {
    name: 'up',
    summary: 'run everything: servers, producer, stream, archive, batch, serving',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'bench',
    summary: 'measure throughput and latency on this machine',
    load: () => import('./commands/bench.ts'),
  },
  {
    name: 'infra',
    summary: 'start, stop and look at a real Kafka and Cassandra',
    load: () => import('./commands/infra.ts'),
  },
  {
    name: 'schema',
    summary: 'print the JSON schema or the reference of definitions',
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'doctor',
    summary: 'check what this machine has: Node, Java, Maven, ports, disk',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'reset',
    summary: 'forget saved state, local tables and topics of this project',
    load: () => import('./commands/reset.ts'),
  },
];

/** Exit codes: 0 done, 1 failed, 2 the definition is wrong, 3 stop_when, 130 interrupted. */
const exitCodes = new Map<string, number>([
  ['ENG_DEFINITION_INVALID', 2],
  ['ENG_CLI_USAGE', 2],
  ['ENG_RUN_STOPPED', 3],
]);

/** Runs the command that `argv` (without node and script) names, then exits the process. */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreClosedPipes();
  const program = new Command('engine')
    .description('Stream pipelines declared in YAML: Kafka in, event-time windows, Cassandra out.')
    .version(versionOf(), '--version', 'print the version')
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError('(engine --help lists the commands)');
  const wanted = entries.find(({ name }) => name === argv[0]);
  if (wanted === undefined) {
    for (const { name, summary } of entries) program.command(name).description(summary);
  } else (await wanted.load()).register(program);
  const result = await program.parseAsync([...argv], { from: 'user' }).catch(codeOf);
  process.exitCode = typeof result === 'number' ? result : (process.exitCode ?? 0);
  await drained(process.stdout);
  await drained(process.stderr);
  // Clients of servers may keep sockets and timers for a while after they were closed.
  process.exit();
}

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof EngineError) {
    if (error.message !== '') process.stderr.write(`engine: ${error.message}\n`);
    if (process.env['ENGINE_DEBUG'] !== undefined) process.stderr.write(`${String(error.stack)}\n`);
    return exitCodes.get(error.code) ?? 1;
  }
  process.stderr.write(`engine: unexpected error: ${messageOf(error)}\n`);
  if (error instanceof Error) process.stderr.write(`${String(error.stack)}\n`);
  return 1;
}

/** `engine query … | head` closes our output early: that is no error. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));
