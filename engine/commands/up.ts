/** `engine up`: servers, producer, speed layer, archive, batch and serving layer as one command. */
import type { Command } from 'commander';
import { engineDirectory, findProjectDirectory } from '../../infra/servers/layout.ts';
import { EngineError } from '../errors.ts';
import type { LastRun } from '../run/last-run.ts';
import { viewsOf } from '../run/views/view-plan.ts';
import { type RunningServer, startServer } from '../serve/server.ts';
import { loadTogether, review } from './definition.ts';
import { withExtensions } from './definition-options.ts';
import { duration, wholeNumber } from './option-value.ts';
import { runsOf } from './recorded-runs.ts';
import type { PartPlan } from './up/part.ts';
import { Stack, type StackPlan } from './up/stack.ts';
import { statusLine } from './up/status-line.ts';
import { stopOnSignals } from './stop-signals.ts';

interface UpFlags {
  readonly batch: string;
  readonly batchEvery: number;
  /** False with --no-servers. */
  readonly servers: boolean;
  readonly simulate?: boolean;
  readonly keepServers?: boolean;
  readonly for?: number;
  readonly port: number;
  readonly envFile?: string;
  readonly extension?: readonly string[];
  readonly json?: boolean;
}

const STREAM = ['pipelines/producer.yaml', 'pipelines/weather.yaml'];
const SHOW_MS = 1_000;
const SHOW_QUIETLY_MS = 10_000;

/** Adds the command. */
export function register(program: Command): void {
  withExtensions(program.command('up'))
    .description('run everything: servers, producer, stream, archive, batch and serving layer')
    .argument('[file...]', `definitions of the stream (default: ${STREAM.join(' ')})`)
    .option('--batch <file>', 'definition of the batch layer', 'pipelines/batch.yaml')
    .option('--batch-every <duration>', 'pause between two batch runs', duration, 60_000)
    .option('--no-servers', 'topics and tables below .engine instead of Kafka and Cassandra')
    .option('--simulate', 'make readings up instead of asking an API for them')
    .option('--keep-servers', 'leave the servers running at the end')
    .option(
      '--port <n>',
      'port of the serving layer, 0 for a free one',
      wholeNumber(0, 65_535),
      8080,
    )
    .option('--for <duration>', 'stop by itself after, e.g. 45s', duration)
    .option('--env-file <file>', 'read variables from this file instead of .env')
    .option('--json', 'the memory table as JSON on stdout')
    .action((files: string[], flags: UpFlags) => run(files.length > 0 ? files : STREAM, flags));
}

async function run(files: readonly string[], flags: UpFlags): Promise<void> {
  const stop = new AbortController();
  const hopeless: string[] = [];
  const screen = openScreen();
  const stack = new Stack(
    {
      ...serversOf(flags),
      keepServers: flags.keepServers ?? false,
      parts: partsOf(files, flags),
    },
    {
      onNotice: (text) => screen.note(text),
      onHopeless: (text) => {
        hopeless.push(text);
        stop.abort();
      },
    },
  );
  const release = stopOnSignals(stop, () => screen.note(''));
  // First: a port that is taken must not cost the start of two servers.
  const serving = await serve(files, flags, stack);
  try {
    await stack.start();
    screen.note(`serving at ${serving.url} (${serving.url}/tables lists the tables)`);
    // After the servers: their addresses are part of what the definitions say.
    screen.show(() => statusLine(stack.parts, stack.residentMib));
    if (flags.for !== undefined) setTimeout(() => stop.abort(), flags.for).unref();
    await stopped(stop.signal);
    screen.note('stopping: stream, batch, serving, servers');
  } finally {
    await stack.stop(() => serving.close());
    screen.close();
    release();
  }
  report(stack, flags);
  if (hopeless.length > 0) throw new EngineError('ENG_RUN_FAILED', hopeless.join('\n'));
  if (stop.signal.reason === 'SIGINT') process.exitCode = 130;
}

/** Where servers are started, and what the parts are told of them. */
function serversOf({ servers }: UpFlags): Pick<StackPlan, 'servers' | 'env'> {
  if (!servers) return { servers: null, env: { KAFKA_BROKERS: '', CASSANDRA_CONTACT_POINTS: '' } };
  const { KAFKA_BROKERS, CASSANDRA_CONTACT_POINTS } = process.env;
  const areThere = KAFKA_BROKERS !== undefined && CASSANDRA_CONTACT_POINTS !== undefined;
  return { servers: areThere ? null : engineDirectory(process.cwd()), env: {} };
}

function partsOf(files: readonly string[], flags: UpFlags): Omit<PartPlan, 'env'>[] {
  // What is wrong in a definition is said before anything is started.
  loadTogether([...files], { ...flags, bounded: false });
  const simulate = flags.simulate === true ? ['--simulate'] : [];
  const both = [
    ...(flags.envFile === undefined ? [] : ['--env-file', flags.envFile]),
    ...(flags.extension ?? []).flatMap((module) => ['--extension', module]),
  ];
  const batch = [
    ['run', flags.batch, '--json', ...both],
    ...files
      .filter((file) => hasViews(file, flags))
      .map((file) => ['run', file, '--views', '--json', ...both]),
  ];
  return [
    {
      name: 'stream',
      commands: [['run', ...files, '--json', ...simulate, ...both]],
      everyMs: null,
    },
    { name: 'batch', commands: batch, everyMs: flags.batchEvery },
  ];
}

/** Whether a definition has windows in tables that an archive can be computed into. */
function hasViews(file: string, flags: UpFlags): boolean {
  const { definition } = review(file, { ...flags, bounded: true });
  if (definition === null || !definition.plan.sources.every(({ bounded }) => bounded)) return false;
  try {
    return viewsOf(definition.plan).length > 0;
  } catch {
    return false;
  }
}

/** The serving layer: in this process, since all it needs is loaded already. */
function serve(files: readonly string[], flags: UpFlags, stack: Stack): Promise<RunningServer> {
  const project = findProjectDirectory(process.cwd());
  let known: readonly LastRun[] = [];
  return startServer({
    runs() {
      if (stack.env === null || known.length > 0) return known;
      // The definitions that are served say where their servers are, as those of the parts do.
      Object.assign(process.env, stack.env);
      known = files.flatMap((file) => runsOf(file, { ...flags, bounded: false }, project));
      return known;
    },
    progress: () => new Map(stack.parts.flatMap(({ progress }) => [...progress])),
    ...{ project, port: flags.port, onNotice: () => undefined },
  });
}

function report({ memory }: Stack, { json }: UpFlags): void {
  if (json === true) {
    const { parts, peakSumMib } = memory;
    process.stdout.write(`${JSON.stringify({ parts, peakSumMib })}\n`);
  } else process.stdout.write(memory.text);
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

interface Screen {
  note(text: string): void;
  /** Shows a line again and again: in place on a terminal, else every ten seconds. */
  show(line: () => string): void;
  close(): void;
}

function openScreen(): Screen {
  const live = process.stderr.isTTY;
  let timer: ReturnType<typeof setInterval> | null = null;
  const clear = (): void => {
    if (live) process.stderr.write('\r\u001b[K');
  };
  return {
    note(text) {
      clear();
      process.stderr.write(`${text}\n`);
    },
    show(line) {
      const draw = (): void => {
        clear();
        const text = line();
        process.stderr.write(live ? text.slice(0, process.stderr.columns - 1) : `${text}\n`);
      };
      timer = setInterval(draw, live ? SHOW_MS : SHOW_QUIETLY_MS);
    },
    close() {
      if (timer !== null) clearInterval(timer);
      clear();
    },
  };
}
