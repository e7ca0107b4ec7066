/** Finding a server that may be anywhere between never started and running. */
import { existsSync, realpathSync } from 'node:fs';
import { serverHome } from './layout.ts';
import { findMarked, isOurs } from './process.ts';
import type { ServerHome, ServerName } from './server.ts';
import { readState, type ServerState } from './state.ts';

/** The process of a server, whether written down or not. */
export async function pidOf(
  home: ServerHome,
  state: ServerState | undefined,
): Promise<number | undefined> {
  const noted = state?.pid ?? undefined;
  if (noted !== undefined && (await isOurs(noted, home.mark))) return noted;
  return findMarked(home.mark);
}

/** The state, or undefined when there is none or it is damaged: stopping must work even then. */
export const lenientState = async (home: ServerHome): Promise<ServerState | undefined> =>
  readState(home.state).catch(() => undefined);

/** The places of a server, links resolved as its start did; creates nothing. */
export const homeOf = (directory: string, name: ServerName): ServerHome =>
  serverHome(existsSync(directory) ? realpathSync(directory) : directory, name);
