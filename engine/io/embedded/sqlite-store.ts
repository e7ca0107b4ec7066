/**
 * One SQLite file per keyspace, open once in a process however many sinks write to it. Rows of all its
 * sinks are committed together: nothing is held open across turns of the event loop, so connections
 * of one process never wait for each other.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as sqlite from 'node:sqlite';
import { EngineError, messageOf } from '../../errors.ts';
import { loadSqlite, sqliteCodeOf } from '../sqlite-module.ts';

/** Commits may take a third of the time, and rows wait at most this long. */
const MAX_WAIT_MS = 25;
const WAIT_PER_COMMIT = 2;
/** This many rows are committed at once, company or not. */
const ROWS_PER_COMMIT = 2_048;
const RETRY_MS = 100;

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** Work that waits for the next commit. */
export interface Job {
  readonly rows: number;
  /** Executes its statements; runs again from the start if the transaction has to be repeated. */
  readonly run: () => void;
  readonly committed: () => void;
  readonly failed: (error: EngineError) => void;
}

/** Opens a database file, creating its directory; `readOnly` for queries beside a running pipeline. */
export function openDatabase(path: string, readOnly = false): sqlite.DatabaseSync {
  if (!readOnly) mkdirSync(dirname(path), { recursive: true });
  const database = new (loadSqlite().DatabaseSync)(path, { readOnly, timeout: 1_000 });
  // An acknowledged row survives a crash of the machine, as the snapshot that relies on it does.
  if (!readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  return database;
}

/** An open file and the jobs that wait for its next commit. */
export class SqliteStore {
  readonly database: sqlite.DatabaseSync;
  readonly #path: string;
  #users = 0;
  #jobs: Job[] = [];
  #rows = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastCommitMs = 0;
  #lastEnd = 0;
  #stuckSince: number | null = null;
  #notify: (text: string) => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
    this.database = openDatabase(path);
  }

  /** Counts one more user; the last `release` closes the file. */
  acquire(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    stores.delete(this.#path);
    this.database.close();
  }

  /** Adds work for the next commit, which comes by itself. */
  enqueue(job: Job, notify: (text: string) => void): void {
    this.#jobs.push(job);
    this.#rows += job.rows;
    this.#notify = notify;
    if (this.#stuckSince !== null) return;
    if (this.#rows >= ROWS_PER_COMMIT) this.commit();
    else this.#timer ??= setTimeout(() => this.commit(), this.#waitMs());
  }

  /** Takes a job back that is not committed. */
  withdraw(job: Job): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
    this.#rows = this.#jobs.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Commits what waits, in one transaction. Jobs are told; nothing is thrown. */
  commit(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#jobs.length === 0) return;
    const jobs = this.#jobs;
    const begin = performance.now();
    try {
      this.#transact(jobs);
    } catch (error) {
      this.#failed(jobs, error);
      return;
    }
    this.#jobs = [];
    this.#rows = 0;
    this.#lastEnd = performance.now();
    this.#lastCommitMs = this.#lastEnd - begin;
    if (this.#stuckSince !== null) this.#notify(`${this.#path} takes writes again`);
    this.#stuckSince = null;
    for (const job of jobs) job.committed();
  }

  #waitMs(): number {
    const pause = Math.min(MAX_WAIT_MS, this.#lastCommitMs * WAIT_PER_COMMIT);
    return Math.max(0, pause - (performance.now() - this.#lastEnd));
  }

  #transact(jobs: readonly Job[]): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      for (const job of jobs) job.run();
      this.database.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled back by itself.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Another writer or a full disk: once more later. Anything else is for the jobs. */
  #failed(jobs: readonly Job[], error: unknown): void {
    const code = sqliteCodeOf(error);
    if (code !== SQLITE_BUSY && code !== SQLITE_FULL) {
      this.#jobs = [];
      this.#rows = 0;
      const failure =
        error instanceof EngineError
          ? error
          : new EngineError('ENG_SINK_FAILED', `${this.#path}: ${messageOf(error)}`, {
              cause: error,
            });
      for (const job of jobs) job.failed(failure);
      return;
    }
    const now = performance.now();
    if (this.#stuckSince === null || now - this.#stuckSince >= 10_000) {
      const reason = code === SQLITE_FULL ? 'the disk is full' : 'another process is writing to it';
      this.#notify(`${this.#path} does not take writes (${reason}); trying again until it does`);
      this.#stuckSince = now;
    }
    this.#timer = setTimeout(() => this.commit(), RETRY_MS);
  }
}

const stores = new Map<string, SqliteStore>();

/**
 * The store of a file, opened or shared. Give it back with `release`.
 * @throws EngineError ENG_SINK_FAILED when the file cannot be opened
 */
export function acquireStore(path: string): SqliteStore {
  let store = stores.get(path);
  if (store === undefined) {
    try {
      store = new SqliteStore(path);
    } catch (error) {
      throw new EngineError('ENG_SINK_FAILED', `cannot open ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    stores.set(path, store);
  }
  return store.acquire();
}
