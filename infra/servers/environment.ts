import { readFile, realpath, rename, writeFile } from 'node:fs/promises';
import type { ServerName } from './server.ts';

/** Variable name and value. */
export type EnvironmentEntry = readonly [name: string, value: string];

/** Where running servers are reached, by server: `127.0.0.1:9092`. */
export type Addresses = Partial<Record<ServerName, string>>;

/** The variables that point the shipped pipelines at servers. */
export function environmentOf(addresses: Addresses): EnvironmentEntry[] {
  const entries: EnvironmentEntry[] = [];
  if (addresses.kafka !== undefined) entries.push(['KAFKA_BROKERS', addresses.kafka]);
  if (addresses.cassandra !== undefined) {
    entries.push(['CASSANDRA_CONTACT_POINTS', addresses.cassandra]);
  }
  return entries;
}

/** `NAME=value`, one a line; with `export ` in front for a shell's eval. The values hold no blanks or quotes. */
export const renderEnvironment = (entries: readonly EnvironmentEntry[], forEval: boolean): string =>
  entries.map(([name, value]) => `${forEval ? 'export ' : ''}${name}=${value}\n`).join('');

/**
 * The text of a `.env` file with these variables set: in the place of their first assignment, or at
 * the end. Everything else stays as it is, to the byte.
 */
export function mergeEnvironment(text: string, entries: readonly EnvironmentEntry[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const pending = new Map(entries);
  const names = new Set(pending.keys());
  const lines: string[] = [];
  for (const line of text === '' ? [] : text.split(eol)) {
    const name = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(line)?.[1];
    if (name === undefined || !names.has(name)) {
      lines.push(line);
      continue;
    }
    const value = pending.get(name);
    // A later assignment would win over ours: it goes.
    if (value !== undefined) lines.push(`${name}=${value}`);
    pending.delete(name);
  }
  if (lines.at(-1) === '') lines.pop();
  for (const [name, value] of pending) lines.push(`${name}=${value}`);
  return lines.map((line) => line + eol).join('');
}

/**
 * Sets variables in a `.env` file, see {@link mergeEnvironment}. Written whole or not at all; a new
 * file is readable by its owner only, since keys will be put there.
 */
export async function writeEnvironment(
  path: string,
  entries: readonly EnvironmentEntry[],
): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const before = await readFile(target, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  const after = mergeEnvironment(before, entries);
  if (after === before) return;
  const temporary = `${target}.${process.pid}.tmp`;
  await writeFile(temporary, after, { mode: 0o600 });
  await rename(temporary, target);
}
