/** `engine serve`: the tables of pipelines over HTTP, to be read only. */
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import type { LastRun } from '../run/last-run.ts';
import { type RunningServer, startServer } from '../serve/server.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { wholeNumber } from './option-value.ts';
import { runsOf } from './recorded-runs.ts';

interface ServeFlags extends DefinitionFlags {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly maxRows: number;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('serve'))
    .description('serve rows over HTTP, read only, until Ctrl-C')
    .argument('[file...]', 'definitions; without them, the pipelines of the last run')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port, or 0 for a free one', wholeNumber(0, 65_535), 8080)
    .option(
      '--allow-host <name>',
      'a host name that requests may be for, beside localhost (may be repeated)',
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option('--max-rows <n>', 'rows of a reply at most', wholeNumber(1, 1_000_000), 10_000)
    .action((files: readonly string[], flags: ServeFlags) => serve(files, flags));
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function serve(files: readonly string[], flags: ServeFlags): Promise<void> {
  const { host, port, allowHost = [], maxRows } = flags;
  const project = findProjectDirectory(process.cwd());
  // Definitions are read once; what ran last may change while we serve.
  const known = files.flatMap((file) => runsOf(file, flags, project));
  const runs = (): readonly LastRun[] =>
    files.length > 0 ? known : runsOf(undefined, flags, project);
  const server = await startServer({
    ...{ runs, project, host, port, maxRows },
    allowedHosts: allowHost,
    onNotice: note,
  });
  note(`serving at ${server.url} (${server.url}/tables lists the tables); Ctrl-C stops`);
  await untilStopped(server);
}

/** The first signal closes the server when it has answered; a second one does not wait for that. */
async function untilStopped(server: RunningServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
      stopping = true;
      server.close().then(resolve, reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
