/**
 * Rows that wait to be put into one order: those of several logs (partitions, windows), each of which
 * has an order of its own.
 *
 *     log a   ──1──────4────4──▶ free up to 4        taken: a1 b2 b3 a4 a4
 *     log b   ────2──3───────────5──▶ free up to 3   waiting: b5
 *
 * Rows come out by their place, then by log, then by their numbers (offsets). Whoever takes them says
 * up to where nothing can come before them any more.
 */
import type { Vector } from '../batch.ts';
import type { KeyEntries } from '../key.ts';

/** A log: a partition of a source, or a window (partition 0). */
export interface Log {
  readonly name: string;
  readonly partition: number;
}

/** Rows of one log. It is not changed any more. */
export interface WaitingTable {
  readonly log: Log;
  readonly length: number;
  /** Where each row stands among those of all logs, epoch ms; never before the row above it. */
  readonly places: Float64Array;
  /** What else is known of each row, one array a number: rows of one log at one place go by these. */
  readonly numbers: readonly Float64Array[];
  readonly vectors: readonly (Vector | undefined)[];
  /** A row's key is an index of `entries`. */
  readonly entries: KeyEntries;
  readonly key: Int32Array;
}

/** Rows [from, to) of a table. */
export interface Run {
  readonly table: WaitingTable;
  readonly from: number;
  readonly to: number;
}

interface Queue {
  readonly log: Log;
  readonly tables: WaitingTable[];
  /** Row of the first table that is the next. */
  next: number;
}

/** By name, then by partition. */
export const byLog = (a: Log, b: Log): number =>
  a.name === b.name ? a.partition - b.partition : a.name < b.name ? -1 : 1;

/** The rows that wait. */
export class WaitingRows {
  /** By log; several of one log where rows of it came by ways of different length. */
  #queues: Queue[] = [];

  /** Rows up to there may go, though others might have come before them (T5). */
  forcedUpTo = -Infinity;

  /** How many rows wait. */
  get size(): number {
    return this.runs().reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** A rough size in bytes. O(tables · columns). */
  get sizeBytes(): number {
    return this.runs().reduce((sum, { table }) => sum + bytesOf(table), 0);
  }

  /** Adds rows of one log. */
  add(table: WaitingTable): void {
    if (table.length === 0) return;
    const isBehind = ({ log, tables }: Queue): boolean => {
      const last = tables.at(-1);
      return byLog(log, table.log) === 0 && (!last || byRow(last, last.length - 1, table, 0) <= 0);
    };
    const known = this.#queues.find(isBehind);
    if (known !== undefined) known.tables.push(table);
    else {
      const queue = { log: table.log, tables: [table], next: 0 };
      this.#queues = [...this.#queues, queue].sort((a, b) => byLog(a.log, b.log));
    }
  }

  /** The place of the last row that `take` would take; −∞ if there is none. O(rows). */
  lastFree(freeUpTo: (log: Log) => number): number {
    let last = -Infinity;
    for (const { table, from, to } of this.runs()) {
      const limit = freeUpTo(table.log);
      for (let row = to - 1; row >= from; row--) {
        const place = table.places[row] as number;
        if (place > limit) continue;
        last = Math.max(last, place);
        break;
      }
    }
    return last;
  }

  /**
   * Takes the rows that are free, in their order: of each log those at places up to `freeUpTo`. O(rows · logs),
   * where rows of the same log follow each other O(rows + runs · logs).
   */
  take(freeUpTo: (log: Log) => number): Run[] {
    const runs: Run[] = [];
    const limits = this.#queues.map(({ log }) => freeUpTo(log));
    for (;;) {
      const [first, second] = this.#foremost(limits);
      if (first === null) break;
      const queue = this.#queues[first] as Queue;
      const [table] = queue.tables as [WaitingTable];
      const limit = limits[first] as number;
      const other = second === null ? null : this.#next(second);
      const from = queue.next;
      let to = from + 1;
      for (; to < table.length && (table.places[to] as number) <= limit; to++) {
        if (other !== null && byRow(table, to, other.table, other.row) > 0) break;
      }
      runs.push({ table, from, to });
      queue.next = to;
      if (to < table.length) continue;
      queue.tables.shift();
      queue.next = 0;
    }
    this.#queues = this.#queues.filter(({ tables }) => tables.length > 0);
    return runs;
  }

  /** All rows, log by log. */
  runs(): Run[] {
    return this.#queues.flatMap(({ tables, next }) =>
      tables.map((table, i) => ({ table, from: i === 0 ? next : 0, to: table.length })),
    );
  }

  /** The queues whose next rows are the first and the second of those that are free. */
  #foremost(limits: readonly number[]): [first: number | null, second: number | null] {
    let first: number | null = null;
    let second: number | null = null;
    for (let at = 0; at < this.#queues.length; at++) {
      const { table, row } = this.#next(at) ?? {};
      if (table === undefined || row === undefined) continue;
      if ((table.places[row] as number) > (limits[at] as number)) continue;
      if (first === null || this.#comesBefore(at, first)) [first, second] = [at, first];
      else if (second === null || this.#comesBefore(at, second)) second = at;
    }
    return [first, second];
  }

  /** A queue's next row; null if there is none. */
  #next(at: number): { readonly table: WaitingTable; readonly row: number } | null {
    const { tables, next } = this.#queues[at] as Queue;
    const [table] = tables;
    return table === undefined ? null : { table, row: next };
  }

  #comesBefore(at: number, other: number): boolean {
    const [a, b] = [this.#next(at), this.#next(other)];
    return a !== null && b !== null && byRow(a.table, a.row, b.table, b.row) < 0;
  }
}

/** By place, then by log, then by what else is known. */
function byRow(a: WaitingTable, rowA: number, b: WaitingTable, rowB: number): number {
  const places = (a.places[rowA] as number) - (b.places[rowB] as number);
  if (places !== 0) return places;
  const logs = byLog(a.log, b.log);
  if (logs !== 0) return logs;
  for (const [i, column] of a.numbers.entries()) {
    const difference = (column[rowA] as number) - (b.numbers[i]?.[rowB] ?? 0);
    // What is not known (NaN) tells nothing.
    if (difference < 0 || difference > 0) return difference;
  }
  return 0;
}

function bytesOf({ numbers, vectors, entries, key, length }: WaitingTable): number {
  let size = entries.bytes.length + entries.ends.byteLength + key.byteLength;
  size += (numbers.length + 1) * length * 8;
  for (const vector of vectors) {
    if (vector === undefined) continue;
    if (vector.kind === 'number') size += length * 9;
    else if (vector.kind === 'bytes') size += length * 8 + vector.bytes.length;
    else for (const value of vector.values) size += 16 + (value?.length ?? 0);
  }
  return size;
}
