/** `engine reset`: forgets what runs have left below `.engine/`; servers and their data stay. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { LOCAL_STORES } from '../io/embedded/local-stores.ts';
import { engineDirectory } from '../../infra/servers/layout.ts';

/** What runs write: snapshots, stand-in tables and topics, dead letters, the record of the last run. */
const LEFT_BY_RUNS = ['state', ...LOCAL_STORES, 'dead-letters', 'last-run.json'];

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('reset')
    .description('forget saved state, local tables, local topics and dead letters of this project')
    .option('--yes', 'remove them; without it they are only listed')
    .action((flags: { readonly yes?: boolean }) => reset(flags.yes === true));
}

async function reset(remove: boolean): Promise<void> {
  const directory = engineDirectory(process.cwd());
  const found = LEFT_BY_RUNS.map((name) => join(directory, name)).filter((path) =>
    existsSync(path),
  );
  if (found.length === 0) {
    process.stderr.write('there is nothing to forget\n');
    return;
  }
  for (const path of found) {
    if (remove) await rm(path, { recursive: true, force: true });
    process.stdout.write(
      `${remove ? 'removed' : 'would remove'} ${relative(process.cwd(), path)}\n`,
    );
  }
  if (!remove) process.stderr.write('run engine reset --yes to remove them\n');
}
