import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EngineError, messageOf } from '../../engine/errors.ts';
import type { ServerPorts } from './server.ts';

/** What is remembered of a server between commands. */
export interface ServerState {
  readonly version: string;
  /** The process last started; null after a wanted stop, so that a pid whose process is gone means a crash. */
  readonly pid: number | null;
  /** Kept over stops: a server comes back where its users look for it. */
  readonly ports: ServerPorts;
  readonly heapMb: number;
  /** Epoch ms of the last start. */
  readonly startedAt: number;
}

const isWhole = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;

/** Reads the text of a state file; undefined when it is no such thing (torn, foreign or older). */
export function parseState(text: string): ServerState | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { version, pid, heapMb, startedAt } = raw;
  const { client, inner } = Object(raw['ports']) as Record<string, unknown>;
  if (typeof version !== 'string' || !(pid === null || isWhole(pid, 2))) return undefined;
  if (!isWhole(client, 1) || !isWhole(inner, 1)) return undefined;
  if (!isWhole(heapMb, 1) || !isWhole(startedAt, 0)) return undefined;
  return { version, pid, ports: { client, inner }, heapMb, startedAt };
}

/**
 * The state of a server; undefined when it was never started here.
 * @throws EngineError ENG_STATE_CORRUPT when the file is there and cannot be used
 */
export async function readState(path: string): Promise<ServerState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EngineError('ENG_FILE_READ', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const state = parseState(text);
  if (state === undefined) {
    throw new EngineError(
      'ENG_STATE_CORRUPT',
      `${path} is damaged; \`engine infra reset\` stops the servers and begins anew`,
      { context: { path } },
    );
  }
  return state;
}

/** Writes the state whole or not at all (temporary file, then rename). */
export async function writeState(path: string, state: ServerState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`);
  await rename(temporary, path);
}
