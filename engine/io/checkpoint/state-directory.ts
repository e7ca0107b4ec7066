/**
 * What a pipeline keeps beside its snapshots: the lock that keeps a second process out (R8) and the
 * ceiling of the write timestamps (R5), which outlives `--fresh`.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { EngineError, messageOf } from '../../errors.ts';
import { loadSqlite, sqliteCodeOf } from '../sqlite-module.ts';

/** Locks of this process: a database that nobody holds on to would be closed with its lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of a pipeline's directory; call the result to give it back. Throws EngineError
 * ENG_RUN_BUSY naming the process that holds it.
 *
 * The lock is one of the operating system's, held through an empty SQLite database: it ends with its
 * process, however that ends, so there are no stale locks to tell from live ones, no process ids
 * that mean somebody else by now, and of two processes that race one wins.
 */
export function lockState(directory: string, pipeline: string): () => void {
  mkdirSync(directory, { recursive: true });
  const holder = join(directory, 'lock.pid');
  const database = new (loadSqlite().DatabaseSync)(lockIn(directory), { timeout: LOOK_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw busy(pipeline, holder, cause);
  }
  held.add(database);
  // Only for people and for the message above: the lock does not depend on it.
  writeFileSync(holder, `${process.pid}\n`);
  return () => {
    rmSync(holder, { force: true });
    held.delete(database);
    database.close();
  };
}

const SQLITE_BUSY = 5;
/** Whoever only asks whether it is locked holds on to it for less than this. */
const LOOK_MS = 250;

const lockIn = (directory: string): string => join(directory, 'lock.db');

/** True while a process holds the lock of a pipeline's directory. Writes nothing. */
export function isLocked(directory: string): boolean {
  if (!existsSync(lockIn(directory))) return false;
  const database = new (loadSqlite().DatabaseSync)(lockIn(directory), { readOnly: true });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (cause) {
    if (sqliteCodeOf(cause) === SQLITE_BUSY) return true;
    throw cause;
  } finally {
    database.close();
  }
}

function busy(pipeline: string, holder: string, cause: unknown): unknown {
  if (sqliteCodeOf(cause) !== SQLITE_BUSY) return cause;
  const pid = readPid(holder);
  const who = pid === null ? 'another process' : `process ${pid}`;
  const how = pid === null ? '' : ` (kill ${pid})`;
  return new EngineError(
    'ENG_RUN_BUSY',
    `pipeline ${pipeline} is already running in ${who}; stop it first${how}`,
    { context: { pid }, cause },
  );
}

/** Null while the holder has not written it yet. */
function readPid(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

/** How far ahead of use a ceiling is stored, µs: one store a second at most. */
const RESERVE_MICROS = 10_000_000n;

/**
 * Write timestamps, µs since 1970: strictly rising, not below the clock, never below what an earlier
 * run may have used, whatever happened to the machine's clock (R5).
 */
export class WriteClock {
  readonly #directory: string;
  readonly #nowMs: () => number;
  #last: bigint;
  #ceiling: bigint;

  /** Throws EngineError ENG_STATE_CORRUPT when the ceiling cannot be read. */
  constructor(directory: string, nowMs: () => number) {
    this.#directory = directory;
    this.#nowMs = nowMs;
    this.#ceiling = readCeiling(fileIn(directory));
    this.#last = this.#ceiling;
  }

  /** Takes `rows` timestamps and returns the first. Stores a new ceiling before passing the old. */
  take(rows: number): bigint {
    const now = BigInt(Math.floor(this.#nowMs())) * 1000n;
    const first = now > this.#last ? now : this.#last + 1n;
    this.#last = first + BigInt(rows - 1);
    if (this.#last >= this.#ceiling) this.#raise(this.#last + RESERVE_MICROS);
    return first;
  }

  #raise(ceiling: bigint): void {
    mkdirSync(this.#directory, { recursive: true });
    const file = fileIn(this.#directory);
    writeFileSync(`${file}.tmp`, JSON.stringify({ ceiling: String(ceiling) }), { flush: true });
    renameSync(`${file}.tmp`, file);
    syncDirectory(this.#directory);
    this.#ceiling = ceiling;
  }
}

const fileIn = (directory: string): string => join(directory, 'write-clock.json');

/** A rename outlives a power failure only when its directory is on disk. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readCeiling(file: string): bigint {
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { ceiling: string };
    return BigInt(stored.ceiling);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0n;
    throw new EngineError(
      'ENG_STATE_CORRUPT',
      `${file} cannot be read: ${messageOf(cause)}; it keeps write timestamps from going back. Remove it if the clock of this machine was never set back`,
      { context: { file }, cause },
    );
  }
}
