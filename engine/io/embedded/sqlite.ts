/**
 * Rows → a table in `<directory>/embedded/<keyspace>.db`: what stands in for Cassandra, with the same
 * keys, types and upserts (K2, R6). Two things differ: −0 is stored as 0, and an empty string may be a
 * partition key.
 */
import { join } from 'node:path';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { cellOf, type ColumnType, type RowBatch, type Vector } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { RefusedRow, SinkContext, SinkPort } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';
import { tableOf, type Table } from '../table/table.ts';
import { birthsOf, expiredNotice, holds, misfitText, NULL_IN_KEY } from '../table/value.ts';
import { sqliteCodeOf } from '../sqlite-module.ts';
import { acquireStore, type Job, type SqliteStore } from './sqlite-store.ts';
import { ensureTable, upsertSql } from './sqlite-table.ts';

/** TOOBIG, CONSTRAINT, MISMATCH: the row is to blame. */
const REFUSALS = new Set([18, 19, 20]);

/** The file that holds the tables of a keyspace. */
export const databasePath = (directory: string, keyspace: string): string =>
  join(directory, 'embedded', `${keyspace}.db`);

/**
 * A sink that writes the node's columns to its table, acknowledged when committed.
 * @param directory the engine's directory, `.engine`
 */
export function sqliteSink(node: SinkNode, context: SinkContext, directory: string): SinkPort {
  const table = tableOf(node);
  return new SqliteSink(table, context, databasePath(directory, table.keyspace));
}

class SqliteSink implements SinkPort {
  readonly #table: Table;
  readonly #context: SinkContext;
  readonly #path: string;
  readonly #isKey: readonly boolean[];
  readonly #windowEnd: number;
  readonly #pending = new Map<Job, Promise<void>>();
  #store: SqliteStore | null = null;
  #hasExpired = false;
  #window: StatementSync | null = null;
  #records: StatementSync | null = null;

  constructor(table: Table, context: SinkContext, path: string) {
    this.#table = table;
    this.#context = context;
    this.#path = path;
    const key = new Set([...table.partitionKey, ...table.clusteringKey]);
    this.#isKey = table.columns.map(({ name }) => key.has(name));
    this.#windowEnd = table.columns.findIndex(({ name }) => name === 'window_end');
  }

  async open(): Promise<void> {
    const store = acquireStore(this.#path);
    this.#store = store;
    ensureTable(store.database, this.#table, { path: this.#path, nowMs: Date.now() });
    this.#window = store.database.prepare(upsertSql(this.#table, true));
    this.#records = store.database.prepare(upsertSql(this.#table, false));
  }

  async write(batch: RowBatch): Promise<void> {
    if (batch.length === 0) return;
    const { signal, onNotice } = this.#context;
    const store = this.#store;
    if (store === null || signal.aborted) throw stopped(this.#table);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const rows = new BatchWriter(this.#table, batch, this.#isKey, this.#windowEnd);
    const statement = batch.origin.kind === 'window' ? this.#window : this.#records;
    const settle = (): void => {
      this.#pending.delete(job);
      signal.removeEventListener('abort', onAbort);
    };
    const job: Job = {
      rows: batch.length,
      run: () => rows.run(statement as StatementSync, Date.now()),
      committed: () => {
        settle();
        if (rows.refused.length > 0) this.#context.onRefused(rows.refused);
        if (rows.expired > 0) this.#expire(rows.expired);
        resolve(undefined);
      },
      failed: (error) => {
        settle();
        reject(error);
      },
    };
    const onAbort = (): void => {
      store.withdraw(job);
      job.failed(stopped(this.#table));
    };
    signal.addEventListener('abort', onAbort);
    this.#pending.set(job, promise);
    store.enqueue(job, onNotice);
    await promise;
  }

  /** Commits what waits; resolves when everything written so far is acknowledged. */
  async flush(): Promise<void> {
    this.#store?.commit();
    await Promise.all(this.#pending.values());
  }

  #expire(rows: number): void {
    this.#context.onExpired?.(rows);
    if (!this.#hasExpired) this.#context.onNotice(expiredNotice(this.#table.table));
    this.#hasExpired = true;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } catch {
      // Whoever awaits `write` has been told.
    } finally {
      this.#store?.release();
      this.#store = null;
    }
  }
}

const stopped = ({ table }: Table): EngineError =>
  new EngineError('ENG_RUN_STOPPED', `table ${table} was closed before its rows were written`);

/** Upserts the rows of one batch inside a transaction, and knows which ones it left out. */
class BatchWriter {
  refused: RefusedRow[] = [];
  expired = 0;
  readonly #table: Table;
  readonly #batch: RowBatch;
  readonly #isKey: readonly boolean[];
  readonly #births: Float64Array | null;

  constructor(table: Table, batch: RowBatch, isKey: readonly boolean[], windowEnd: number) {
    this.#table = table;
    this.#batch = batch;
    this.#isKey = isKey;
    this.#births = table.ttlMs === null ? null : birthsOf(batch, table.table, windowEnd);
  }

  run(statement: StatementSync, nowMs: number): void {
    this.refused = [];
    this.expired = 0;
    const { columns, ttlMs } = this.#table;
    const params = new Array<SQLInputValue>(columns.length + (ttlMs === null ? 0 : 1));
    for (let row = 0; row < this.#batch.length; row++) {
      const expiresAt = ttlMs === null ? Infinity : (this.#births?.[row] as number) + ttlMs;
      if (expiresAt <= nowMs) this.expired++;
      else {
        if (ttlMs !== null) params[columns.length] = expiresAt;
        const reason = this.#fill(params, row) ?? runOne(statement, params);
        if (reason !== null) this.refused.push({ batch: this.#batch, row, reason });
      }
    }
  }

  /** Puts the row's cells into `params`; the reason when one of them cannot be stored. */
  #fill(params: SQLInputValue[], row: number): string | null {
    const { columns } = this.#table;
    for (let index = 0; index < columns.length; index++) {
      const { name, type } = columns[index] as Table['columns'][number];
      const cell = cellOf(this.#batch.vectors[index] as Vector, row);
      if (cell === null && this.#isKey[index] === true) return `column ${name}: ${NULL_IN_KEY}`;
      if (typeof cell === 'number' && !holds(type, cell)) {
        return `column ${name}: ${misfitText(type, cell)}`;
      }
      params[index] = typeof cell === 'number' ? stored(type, cell) : cell;
    }
    return null;
  }
}

/** SQLite has no NaN (it stores null): text keeps it, since REAL affinity leaves it alone. */
function stored(type: ColumnType, value: number): number | string {
  if (Number.isNaN(value)) return 'NaN';
  return type === 'float' ? Math.fround(value) : value;
}

function runOne(statement: StatementSync, params: readonly SQLInputValue[]): string | null {
  try {
    statement.run(...params);
    return null;
  } catch (error) {
    const code = sqliteCodeOf(error);
    if (code === null || !REFUSALS.has(code)) throw error;
    return (error as Error).message;
  }
}
