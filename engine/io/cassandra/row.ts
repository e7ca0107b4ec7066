/** Rows of a batch as parameters of the insert statement, without an object per row until it is sent. */
import type { RowBatch } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import type { RefusedRow } from '../../graph/ports.ts';
import type { Table } from '../table/table.ts';
import { birthsOf, NULL_IN_KEY } from '../table/value.ts';
import {
  checkColumn,
  secondsColumn,
  timestampColumn,
  wireColumn,
  type WireColumn,
} from './wire-column.ts';

/** Bytes of a prepared statement's id, an MD5 hash. */
export const STATEMENT_ID_BYTES = 16;
/** Bytes of a row in a request besides its cells: kind, length and id of the statement, count. */
const ROW_OVERHEAD_BYTES = 1 + 2 + STATEMENT_ID_BYTES + 2;
/** Bytes before each cell. */
export const CELL_OVERHEAD_BYTES = 4;
/** The most a mutation may weigh: half a commit-log segment, by the server's default. */
const MAX_ROW_BYTES = 16 * 1024 * 1024 - 64 * 1024;
/** The most seconds a TTL may have. */
const MAX_TTL_S = 630_720_000;

/** A batch whose rows are on their way. Holds the batch until the last row is acknowledged. */
export interface Ticket {
  readonly batch: RowBatch;
  /** One per parameter: the table's columns, the write timestamp, the TTL if rows expire. */
  readonly columns: readonly WireColumn[];
  readonly variable: readonly WireColumn[];
  readonly fixedBytes: number;
  /** What stands for null: null in window rows, unset in append-once rows (K2). */
  readonly ifNull: null | undefined;
  /** Rows not acknowledged yet. */
  left: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: EngineError) => void;
}

/** A ticket and what became of the rows that will not be sent. */
export interface Admission {
  readonly ticket: Ticket;
  readonly refused: readonly RefusedRow[];
  /** Rows past their TTL. */
  readonly expired: number;
  /** Not 0 for rows that will not be sent; null when all are. */
  readonly skip: Uint8Array | null;
}

/** Turns batches for one table into parameters. */
export class RowEncoder {
  readonly #table: Table;
  readonly #partition: readonly number[];
  readonly #key: readonly number[];
  readonly #windowEnd: number;

  constructor(table: Table) {
    this.#table = table;
    const indexOf = (name: string): number =>
      table.columns.findIndex((column) => column.name === name);
    this.#partition = table.partitionKey.map(indexOf);
    this.#key = [...table.partitionKey, ...table.clusteringKey].map(indexOf);
    this.#windowEnd = indexOf('window_end');
  }

  /**
   * Encodes a batch. Rows that cannot be written (null in the key, a value its type cannot hold) are
   * refused here, expired ones are skipped. O(rows × columns).
   * @param firstTimestamp write timestamp of row 0; row n takes the n-th after it
   */
  admit(batch: RowBatch, firstTimestamp: bigint, nowMs: number): Admission {
    const reasons = new Map<number, string>();
    const columns = this.#table.columns.map(({ name, type }, index) => {
      const vector = vectorOf(batch, index);
      checkColumn(vector, type, batch.length, (row, reason) =>
        reasons.set(row, `column ${name}: ${reason}`),
      );
      return wireColumn(vector, type);
    });
    this.#checkKeys(batch, columns, reasons);
    columns.push(timestampColumn(firstTimestamp, batch.length));
    const ttl = this.#ttlSeconds(batch, nowMs);
    if (ttl !== null) columns.push(secondsColumn(ttl));

    const ticket = ticketOf(batch, columns);
    checkSizes(ticket, reasons);
    const { skip, expired } = skipped(batch.length, reasons, ttl);
    ticket.left = batch.length - reasons.size - expired;
    const refused = [...reasons].map(([row, reason]) => ({ batch, row, reason }));
    return { ticket, refused, expired, skip };
  }

  /** Equal for rows of one partition and only for them; null when no two rows share one. */
  partitionOf(ticket: Ticket, row: number): string | null {
    if (this.#table.clusteringKey.length === 0) return null;
    if (this.#partition.length === 1)
      return ticket.columns[this.#partition[0] as number]?.keyOf(row) ?? '';
    let key = '';
    for (const index of this.#partition) {
      const part = ticket.columns[index]?.keyOf(row) ?? '';
      key += `${part.length}:${part}`;
    }
    return key;
  }

  #checkKeys(batch: RowBatch, columns: readonly WireColumn[], reasons: Map<number, string>) {
    for (const index of this.#key) {
      const column = columns[index] as WireColumn;
      const vector = vectorOf(batch, index);
      if (vector.kind === 'number' && vector.valid === null) continue;
      for (let row = 0; row < batch.length; row++) {
        if (column.sizeOf(row) >= 0) continue;
        const name = this.#table.columns[index]?.name ?? '';
        reasons.set(row, `column ${name}: ${NULL_IN_KEY}`);
      }
    }
  }

  /** Seconds each row has left, counted from window_end or event time (K2); ≤ 0 is expired. */
  #ttlSeconds(batch: RowBatch, nowMs: number): Float64Array | null {
    const { ttlMs } = this.#table;
    if (ttlMs === null) return null;
    const births = birthsOf(batch, this.#table.table, this.#windowEnd);
    const seconds = new Float64Array(batch.length);
    for (let row = 0; row < batch.length; row++) {
      const left = (births[row] as number) + ttlMs - nowMs;
      seconds[row] = Math.min(MAX_TTL_S, Math.ceil(left / 1000));
    }
    return seconds;
  }
}

function vectorOf(batch: RowBatch, index: number): RowBatch['vectors'][number] {
  const vector = batch.vectors[index];
  if (vector === undefined) {
    throw new EngineError('ENG_INVARIANT', 'engine bug: a batch has fewer vectors than columns');
  }
  return vector;
}

function ticketOf(batch: RowBatch, columns: readonly WireColumn[]): Ticket {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let fixedBytes = ROW_OVERHEAD_BYTES;
  for (const { width } of columns) fixedBytes += CELL_OVERHEAD_BYTES + (width ?? 0);
  return {
    batch,
    columns,
    variable: columns.filter(({ width }) => width === null),
    fixedBytes,
    ifNull: batch.origin.kind === 'window' ? null : undefined,
    left: 0,
    done: promise,
    resolve: () => resolve(undefined),
    reject,
  };
}

/** The most bytes a row takes in a request: nulls count as if they were there. O(text columns). */
export function rowSizeOf(ticket: Ticket, row: number): number {
  let size = ticket.fixedBytes;
  for (const column of ticket.variable) size += Math.max(0, column.sizeOf(row));
  return size;
}

/** A row as parameters for the driver, each in a buffer of its own; undefined is "unset". */
export function paramsOf({ columns, ifNull }: Ticket, row: number): (Buffer | null | undefined)[] {
  return columns.map((column) => {
    const size = column.sizeOf(row);
    if (size < 0) return ifNull;
    const bytes = Buffer.allocUnsafe(size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    column.write({ bytes, view }, 0, row);
    return bytes;
  });
}

function checkSizes(ticket: Ticket, reasons: Map<number, string>): void {
  if (ticket.variable.length === 0) return;
  for (let row = 0; row < ticket.batch.length; row++) {
    const size = rowSizeOf(ticket, row);
    if (size > MAX_ROW_BYTES) {
      reasons.set(row, `the row has ${size} bytes, Cassandra takes at most ${MAX_ROW_BYTES}`);
    }
  }
}

function skipped(
  length: number,
  reasons: ReadonlyMap<number, string>,
  ttl: Float64Array | null,
): { skip: Uint8Array | null; expired: number } {
  let expired = 0;
  if (reasons.size === 0 && ttl === null) return { skip: null, expired };
  const skip = new Uint8Array(length);
  for (const row of reasons.keys()) skip[row] = 1;
  for (let row = 0; ttl !== null && row < length; row++) {
    if (skip[row] !== 0 || (ttl[row] as number) > 0) continue;
    skip[row] = 1;
    expired++;
  }
  return { skip, expired };
}
