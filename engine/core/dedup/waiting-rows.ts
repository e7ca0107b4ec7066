/**
 * Rows that wait to be put into one order: those of several logs (partitions, windows), each of which
 * has an order of its own.
 *
 *     log a   ──1──────4────4──▶ free up to 4        taken: a1 b2 b3 a4 a4
 *     log b   ────2──3───────────5──▶ free up to 3   waiting: b5
 *
 * Rows come out by their place, then by log, then as they came. Whoever takes them says up to where
 * nothing can come before them any more.
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
  /** What else is known of each row, one array a number. */
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
const byLog = (a: Log, b: Log): number =>
  a.name === b.name ? a.partition - b.partition : a.name < b.name ? -1 : 1;

/** The rows that wait. */
export class WaitingRows {
  /** By log. */
  #queues: Queue[] = [];

  /** How many rows wait. */
  get size(): number {
    return this.runs().reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** A rough size in bytes. O(tables · columns). */
  get sizeBytes(): number {
    return this.runs().reduce((sum, { table }) => sum + bytesOf(table), 0);
  }

  /** Adds rows of one log, behind those of it that wait. */
  add(table: WaitingTable): void {
    if (table.length === 0) return;
    const known = this.#queues.find(({ log }) => byLog(log, table.log) === 0);
    const queue = known ?? { log: table.log, tables: [], next: 0 };
    queue.tables.push(table);
    if (known === undefined) {
      this.#queues = [...this.#queues, queue].sort((a, b) => byLog(a.log, b.log));
    }
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
      const limit = Math.min(limits[first] as number, this.#mostBefore(first, second));
      const from = queue.next;
      let to = from + 1;
      while (to < table.length && (table.places[to] as number) <= limit) to++;
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
      const place = this.#placeOf(at);
      if (place === Infinity || place > (limits[at] as number)) continue;
      if (first === null || place < this.#placeOf(first)) [first, second] = [at, first];
      else if (second === null || place < this.#placeOf(second)) second = at;
    }
    return [first, second];
  }

  /** Place of a queue's next row; ∞ if there is none. */
  #placeOf(at: number): number {
    const { tables, next } = this.#queues[at] as Queue;
    return tables[0]?.places[next] ?? Infinity;
  }

  /** Up to which place rows of one queue come before the next row of another. */
  #mostBefore(at: number, other: number | null): number {
    if (other === null) return Infinity;
    const place = this.#placeOf(other);
    // Places are whole.
    return at < other ? place : place - 1;
  }
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
