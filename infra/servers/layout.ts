import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ServerHome, ServerName } from './server.ts';

/**
 * The project a working directory belongs to: the nearest directory upwards with a package.json,
 * else the working directory itself.
 */
export function findProjectDirectory(from: string): string {
  const start = resolve(from);
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) return start;
  }
}

/** Where the engine keeps its things: `.engine/` of the project, see {@link findProjectDirectory}. */
export const engineDirectory = (from: string): string =>
  join(findProjectDirectory(from), '.engine');

/**
 * The jar cache of a state directory: `jars/` of the `.engine/` it is or lies in, so that state
 * directories below one `.engine/` share the downloads; `jars/` of its own when there is none.
 */
export function jarCacheOf(stateDirectory: string): string {
  const own = resolve(stateDirectory);
  for (let directory = own; dirname(directory) !== directory; directory = dirname(directory)) {
    if (basename(directory) === '.engine') return join(directory, 'jars');
  }
  return join(own, 'jars');
}

/** The places of a server below a state directory; creates nothing. */
export function serverHome(stateDirectory: string, name: ServerName): ServerHome {
  const servers = join(resolve(stateDirectory), 'servers');
  const directory = join(servers, name);
  return {
    directory,
    data: join(directory, 'data'),
    conf: join(directory, 'conf'),
    log: join(directory, 'server.log'),
    state: join(directory, 'state.json'),
    // Outside the directory: reset removes that while it holds the lock.
    lock: join(servers, `${name}.lock`),
    mark: `-Dengine.server=${directory}`,
  };
}
