/** `engine infra`: real Kafka and Cassandra on this machine. The work is done in infra/servers/. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import { composeDown, composeUp } from '../../infra/servers/compose.ts';
import {
  type Addresses,
  environmentOf,
  renderEnvironment,
  writeEnvironment,
} from '../../infra/servers/environment.ts';
import { engineDirectory, findProjectDirectory, serverHome } from '../../infra/servers/layout.ts';
import { follow, lastLines } from '../../infra/servers/log-file.ts';
import {
  addressesOf,
  down,
  endpointsOf,
  type Progress,
  reset,
  up,
} from '../../infra/servers/servers.ts';
import { type ServerName, serverNames } from '../../infra/servers/server.ts';
import { type Condition, status, type Status } from '../../infra/servers/status.ts';
import { EngineError } from '../errors.ts';
import { wholeNumber } from './option-value.ts';

const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/**
 * Shows what happens on stderr: lines; on a terminal also one line that changes in place, with the
 * latest of each server.
 * @returns the listener, and what clears the changing line
 */
function showProgress(): { onProgress: (progress: Progress) => void; close: () => void } {
  const live = process.stderr.isTTY;
  const latest = new Map<ServerName, string>();
  const clear = (): void => {
    if (live) process.stderr.write('\r\u001b[K');
  };
  const redraw = (): void => {
    const line = [...latest].map(([server, text]) => `${server} ${text}`).join(' · ');
    if (live) process.stderr.write(line.slice(0, process.stderr.columns - 1));
  };
  return {
    onProgress: ({ server, text, passing }) => {
      clear();
      if (passing) latest.set(server, text);
      else {
        latest.delete(server);
        note(`${server.padEnd(9)} ${text}`);
      }
      redraw();
    },
    close: clear,
  };
}

interface UpFlags {
  only?: ServerName;
  kafkaPort?: number;
  cassandraPort?: number;
  heap: number;
  docker?: true;
  export?: true;
  writeEnv?: true;
  json?: true;
}

async function runUp(flags: UpFlags): Promise<void> {
  const project = findProjectDirectory(process.cwd());
  const addresses = await bringUp(flags);
  const entries = environmentOf(addresses);
  if (flags.writeEnv === true) {
    const path = join(project, '.env');
    await writeEnvironment(path, entries);
    note(`written to ${relative(process.cwd(), path)}`);
  }
  const output =
    flags.json === true
      ? `${JSON.stringify(endpointsOf(addresses), null, 2)}\n`
      : renderEnvironment(entries, flags.export === true);
  process.stdout.write(output);
  if (flags.export === true || flags.json === true) return;
  note(
    flags.writeEnv === true
      ? 'next: engine run pipelines/weather.yaml · engine infra status · engine infra down'
      : 'next: engine infra up --write-env, or eval "$(engine infra up --export)", then engine run pipelines/weather.yaml',
  );
}

function bringUp({ only, kafkaPort, cassandraPort, heap, docker }: UpFlags): Promise<Addresses> {
  const ports = {
    ...(kafkaPort === undefined ? {} : { kafka: kafkaPort }),
    ...(cassandraPort === undefined ? {} : { cassandra: cassandraPort }),
  };
  if (docker === true) return composeUp({ only, ports });
  const progress = showProgress();
  const { onProgress } = progress;
  return up({ directory: engineDirectory(process.cwd()), only, ports, heapMb: heap, onProgress })
    .then(addressesOf)
    .finally(progress.close);
}

const colours = {
  running: 'green',
  starting: 'yellow',
  stopped: 'gray',
  died: 'red',
  'never started': 'gray',
} as const satisfies Record<Condition, string>;

function renderStatus(all: readonly Status[]): string {
  const lines = all.map((each) => {
    const condition = styleText(colours[each.condition], each.condition.padEnd(13));
    const process_ = each.pid === null ? '' : `process ${each.pid}`;
    const memory = each.residentMib === null ? '' : `${each.residentMib} MiB`;
    const cells = [each.title.padEnd(16), condition, (each.address ?? '').padEnd(16)];
    return [...cells, process_, memory].join(' ').trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

async function runStatus(flags: { json?: true }): Promise<void> {
  const all = await status(engineDirectory(process.cwd()));
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(all, null, 2)}\n` : renderStatus(all),
  );
  if (flags.json !== true && all.some((each) => each.condition === 'died')) {
    note(
      'next: engine infra up starts what died, with its data, on its port; engine infra logs says why',
    );
  }
}

interface DownFlags {
  only?: ServerName;
  docker?: true;
}

async function runDown({ only, docker }: DownFlags, wipe: boolean): Promise<void> {
  if (docker === true) return composeDown({ only, wipe });
  const stop = wipe ? reset : down;
  const endings = await stop(engineDirectory(process.cwd()), only);
  for (const [server, ending] of endings) {
    const what = ending === 'was gone' ? 'was not running' : ending;
    note(`${server.padEnd(9)} ${what}${wipe ? ', data wiped' : ''}`);
  }
}

async function runLogs(server: ServerName, flags: { lines: number; follow?: true }): Promise<void> {
  const { log } = serverHome(engineDirectory(process.cwd()), server);
  if (!existsSync(log)) {
    throw new EngineError('ENG_FILE_READ', `${server} has no log yet; engine infra up starts it`);
  }
  for (const line of await lastLines(log, flags.lines)) process.stdout.write(`${line}\n`);
  if (flags.follow !== true) return;
  const stop = new AbortController();
  // The reader of a pipe may leave first: `engine infra logs kafka -f | head`.
  process.stdout.once('error', () => {
    stop.abort();
  });
  for await (const chunk of follow(log, stop.signal)) process.stdout.write(chunk);
}

/** Adds `engine infra up | status | down | logs | reset`. */
export function register(program: Command): void {
  const infra = program
    .command('infra')
    .description('run a real Kafka and a real Cassandra on this machine, with or without Docker');
  const only = (): Option =>
    new Option('--only <server>', 'one server instead of both').choices(serverNames);
  const port = wholeNumber(0, 65_535);

  infra
    .command('up')
    .description('start them (or find them running) and print the environment to use')
    .addOption(only())
    .option('--kafka-port <port>', 'for Kafka; 0 for any free one (first choice: 9092)', port)
    .option(
      '--cassandra-port <port>',
      'for Cassandra; 0 for any free one (first choice: 9042)',
      port,
    )
    .option('--heap <MiB>', 'maximal heap of each server', wholeNumber(256, 65_536), 512)
    .addOption(
      new Option('--docker', 'as containers, by docker compose and infra/compose.yaml').conflicts(
        'heap',
      ),
    )
    .addOption(new Option('--export', 'print export lines for eval').conflicts('json'))
    .option('--write-env', 'set the variables in .env too')
    .option('--json', 'print the addresses as JSON')
    .action(async (flags: UpFlags) => runUp(flags));
  infra
    .command('status')
    .description('what runs, where, and how much memory it takes')
    .option('--json', 'as JSON')
    .action(async (flags: { json?: true }) => runStatus(flags));
  infra
    .command('down')
    .description('stop them; data and ports stay')
    .addOption(only())
    .option('--docker', 'those of docker compose')
    .action(async (flags: DownFlags) => runDown(flags, false));
  infra
    .command('logs')
    .description('what a server wrote')
    .addArgument(program.createArgument('<server>').choices(serverNames))
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber(0, 1_000_000), 40)
    .option('-f, --follow', 'go on with what comes')
    .action(async (server: ServerName, flags: { lines: number; follow?: true }) =>
      runLogs(server, flags),
    );
  infra
    .command('reset')
    .description('stop them and wipe their data, logs and ports; the jars stay')
    .addOption(only().conflicts('docker'))
    .option('--docker', 'those of docker compose, and their volumes')
    .action(async (flags: DownFlags) => runDown(flags, true));
}
