/**
 * Rows → Cassandra. Every row is an upsert with its own write timestamp, so that requests may be
 * retried, reordered and sent twice without changing what the table holds (R5, R6).
 *
 * Rows wait for company of their partition until 50 ms after the last request: what comes rarely is
 * sent at once, what comes often (a backlog, many windows a second) in batches, which cost the server
 * a fraction of what their rows cost it one by one.
 */
import type { Client } from 'cassandra-driver';
import type { RowBatch } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { SinkContext, SinkPort } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';
import { connectionOf, tableOf, type Table } from '../table/table.ts';
import { expiredNotice } from '../table/value.ts';
import { acquireClient, type SharedClient } from './client.ts';
import { insertCql } from './ddl.ts';
import { Dispatcher } from './dispatch.ts';
import { openRawBatches, type SendBatch } from './driver-seam.ts';
import { GROUP_LIMITS, Waiting } from './group.ts';
import { publicBatches } from './public-batches.ts';
import { RowEncoder, rowSizeOf, type Ticket } from './row.ts';
import { checkTable, ensureTable } from './schema.ts';

const WAIT_MS = 50;

/** How a connected client sends batches of a statement. */
export type OpenBatches = (client: Client, statement: string) => Promise<SendBatch>;

const fastestBatches: OpenBatches = async (client, statement) =>
  (await openRawBatches(client, statement)) ?? publicBatches(client, statement);

/**
 * A sink that writes the node's columns to its table. Nothing is touched before `open`, which rejects
 * with ENG_CASSANDRA_CONNECT or ENG_CASSANDRA_SCHEMA.
 */
export function cassandraSink(
  node: SinkNode,
  context: SinkContext,
  openBatches: OpenBatches = fastestBatches,
): SinkPort {
  return new CassandraSink(node, context, openBatches);
}

class CassandraSink implements SinkPort {
  readonly #node: SinkNode;
  readonly #table: Table;
  readonly #context: SinkContext;
  readonly #encoder: RowEncoder;
  readonly #openBatches: OpenBatches;
  /** Ends retries when the run is stopped or this sink has failed. */
  readonly #stop = new AbortController();
  readonly #unfinished = new Set<Ticket>();
  #waiting = new Waiting<Ticket>(GROUP_LIMITS);
  #shared: SharedClient | null = null;
  #dispatcher: Dispatcher<Ticket> | null = null;
  #failure: EngineError | null = null;
  #hasExpired = false;
  /** When rows were last sent that might have waited, by performance.now(). */
  #sentAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #immediate: ReturnType<typeof setImmediate> | null = null;

  constructor(node: SinkNode, context: SinkContext, openBatches: OpenBatches) {
    this.#node = node;
    this.#context = context;
    this.#openBatches = openBatches;
    this.#table = tableOf(node);
    this.#encoder = new RowEncoder(this.#table);
  }

  async open(): Promise<void> {
    const connection = connectionOf(this.#node);
    const shared = await acquireClient(connection, this.#context);
    this.#shared = shared;
    const { client } = shared;
    const created = await shared.exclusive(() => ensureTable(client, connection, this.#table));
    if (created.length > 0) this.#context.onNotice(`created ${created.join(' and ')}`);
    if (client.hosts.length !== 1) {
      // Rows of several partitions in one request suit one node only: elsewhere the request would
      // go to a node that has to pass most of them on.
      this.#waiting = new Waiting({ ...GROUP_LIMITS, bundlePartitions: 1 });
    }
    const send = await this.#openBatches(client, insertCql(this.#table));
    this.#dispatcher = this.#dispatcherFor(shared, send);
    const onAbort = (): void => this.#fail(this.#stopped());
    const { signal } = this.#context;
    signal.addEventListener('abort', onAbort, { once: true, signal: this.#stop.signal });
    if (signal.aborted) onAbort();
  }

  async write(batch: RowBatch): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (batch.length === 0) return;
    const first = this.#context.nextWriteTimestamp(batch.length);
    const { ticket, refused, expired, skip } = this.#encoder.admit(batch, first, Date.now());
    if (refused.length > 0) this.#context.onRefused(refused);
    if (expired > 0) this.#expire(expired);
    if (ticket.left === 0) return;
    this.#unfinished.add(ticket);
    for (let row = 0; row < batch.length; row++) {
      if (skip !== null && skip[row] !== 0) continue;
      const partition = this.#encoder.partitionOf(ticket, row);
      this.#waiting.add(partition, ticket, row, rowSizeOf(ticket, row));
    }
    this.#schedule();
    await ticket.done;
  }

  /** Sends what waits; resolves when everything written so far is acknowledged. */
  async flush(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#sendWaiting();
    await Promise.all([...this.#unfinished].map((ticket) => ticket.done));
  }

  async close(): Promise<void> {
    try {
      if (this.#failure === null && this.#dispatcher !== null) await this.flush();
    } catch {
      // Whoever awaits `write` has been told.
    } finally {
      this.#fail(this.#stopped());
      await this.#shared?.release();
      this.#shared = null;
    }
  }

  #dispatcherFor({ client, outage }: SharedClient, execute: SendBatch): Dispatcher<Ticket> {
    return new Dispatcher<Ticket>(
      {
        execute,
        checkTable: () => checkTable(client, this.#table),
        onDelivered: ({ owners }) => owners.forEach((ticket) => this.#settle(ticket)),
        onRefused: ({ owners, rows }, reason) => this.#refuse(owners, rows, reason),
        onFatal: (error) => this.#fail(error),
        onNotice: this.#context.onNotice,
      },
      outage,
      this.#stop.signal,
    );
  }

  #schedule(): void {
    const dispatcher = this.#dispatcher;
    if (dispatcher === null) return;
    const full = this.#waiting.takeFull();
    if (full.length > 0) dispatcher.enqueue(full);
    if (this.#waiting.isEmpty) return;
    const waitMs = this.#sentAt + WAIT_MS - performance.now();
    // Batches given in the same turn still keep each other company.
    if (waitMs <= 0) this.#immediate ??= setImmediate(() => this.#sendWaiting());
    else this.#timer ??= setTimeout(() => this.#sendWaiting(), waitMs);
  }

  #sendWaiting(): void {
    this.#clearTimers();
    if (this.#failure !== null || this.#waiting.isEmpty) return;
    this.#sentAt = performance.now();
    this.#dispatcher?.enqueue(this.#waiting.takeAll());
  }

  #clearTimers(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
  }

  #expire(rows: number): void {
    this.#context.onExpired?.(rows);
    if (!this.#hasExpired) this.#context.onNotice(expiredNotice(this.#table.table));
    this.#hasExpired = true;
  }

  #settle(ticket: Ticket): void {
    ticket.left--;
    if (ticket.left > 0) return;
    this.#unfinished.delete(ticket);
    ticket.resolve();
  }

  #refuse(owners: readonly Ticket[], rows: readonly number[], reason: string): void {
    const refused = rows.map((row, index) => ({
      batch: (owners[index] as Ticket).batch,
      row,
      reason,
    }));
    this.#context.onRefused(refused);
    for (const ticket of owners) this.#settle(ticket);
  }

  /** The first failure is final: it ends retries and rejects what is not acknowledged. */
  #fail(error: EngineError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#clearTimers();
    this.#stop.abort(error);
    for (const ticket of this.#unfinished) ticket.reject(error);
    this.#unfinished.clear();
  }

  #stopped(): EngineError {
    const rows = [...this.#unfinished].reduce((sum, { left }) => sum + left, 0);
    const waiting = rows === 0 ? '' : ` with ${rows} row${rows === 1 ? '' : 's'} not acknowledged`;
    return new EngineError('ENG_RUN_STOPPED', `sink ${this.#node.name} was stopped${waiting}`);
  }
}
