/**
 * What became of every record (L1): counters of one run, kept in its snapshots so that they count
 * each record once however often the run was restarted.
 */
import { COUNTS_PER_STAGE } from '../core/stage-counts.ts';
import type { SliceReply } from '../../workers/protocol.ts';

/** Counts of a row-wise stage or sink. */
export interface RowCounts {
  in: number;
  filtered: number;
  failed: number;
  out: number;
}

/** Counts of a window stage: records, then groups (a group is one window of one key). */
export interface WindowCounts {
  merged: number;
  late: number;
  latePartial: number;
  lateIdle: number;
  emitted: number;
  /** Groups whose result is an expression error. */
  failed: number;
  /** Groups of windows that begin before the first event time read (R3). */
  partialStart: number;
}

/** All counters, JSON. Keys are names of sources, stages and sinks. */
export interface Tally {
  readonly records: Map<string, number>;
  readonly tombstones: Map<string, number>;
  readonly rows: Map<string, RowCounts>;
  readonly windows: Map<string, WindowCounts>;
  /** Records dropped by each dedup. */
  readonly duplicates: Map<string, number>;
  /** Rows handed to each sink: what a snapshot counts, since it waits for their acknowledgement. */
  readonly given: Map<string, number>;
  /** Rows acknowledged by each sink. */
  readonly written: Map<string, number>;
  /** Dead letters by code. */
  readonly letters: Map<string, number>;
  skipped: number;
}

/** A tally of nothing. */
export const openTally = (): Tally => ({
  records: new Map(),
  tombstones: new Map(),
  rows: new Map(),
  windows: new Map(),
  duplicates: new Map(),
  given: new Map(),
  written: new Map(),
  letters: new Map(),
  skipped: 0,
});

/** Adds `by` to a counter; one that counted nothing is not there. */
export function count(counters: Map<string, number>, name: string, by: number): void {
  if (by === 0) return;
  counters.set(name, (counters.get(name) ?? 0) + by);
}

/** The sum of a family of counters. */
export const total = (counters: ReadonlyMap<string, number>): number =>
  counters.values().reduce((sum, value) => sum + value, 0);

/** Adds what a slice's row-wise stages and sinks did; `names` are those of its counts, in order. */
export function countRows(tally: Tally, names: readonly string[], { counts }: SliceReply): void {
  for (let at = 0; at < counts.length; at += COUNTS_PER_STAGE) {
    const [into = 0, filtered = 0, failed = 0, out = 0] = counts.subarray(
      at,
      at + COUNTS_PER_STAGE,
    );
    if (into === 0) continue;
    const name = names[at / COUNTS_PER_STAGE] as string;
    const sum = rowCounts(tally, name);
    sum.in += into;
    sum.filtered += filtered;
    sum.failed += failed;
    sum.out += out;
  }
}

/** The counters of a row-wise stage or sink. */
export function rowCounts(tally: Tally, name: string): RowCounts {
  let counts = tally.rows.get(name);
  if (counts === undefined) {
    counts = { in: 0, filtered: 0, failed: 0, out: 0 };
    tally.rows.set(name, counts);
  }
  return counts;
}

/** The counters of a window stage. */
export function windowCounts(tally: Tally, name: string): WindowCounts {
  let counts = tally.windows.get(name);
  if (counts === undefined) {
    counts = {
      ...{ merged: 0, late: 0, latePartial: 0, lateIdle: 0 },
      ...{ emitted: 0, failed: 0, partialStart: 0 },
    };
    tally.windows.set(name, counts);
  }
  return counts;
}

/** The tally as JSON, for snapshots. */
export function tallyToJson(tally: Tally): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...tally, written: tally.given }).map(([name, value]) => [
      name,
      value instanceof Map ? entriesOf(value as Map<string, unknown>) : value,
    ]),
  );
}

/** Copies: counts go on while a snapshot waits to be written. */
const entriesOf = (counts: Map<string, unknown>): [string, unknown][] =>
  Array.from(counts, ([name, value]) => [name, typeof value === 'object' ? { ...value } : value]);

/** Reads back what `tallyToJson` wrote. */
export function tallyFromJson(json: Record<string, unknown>): Tally {
  const tally = openTally();
  for (const [name, value] of Object.entries(json)) {
    const target: unknown = tally[name as keyof Tally];
    if (!(target instanceof Map)) continue;
    for (const [key, inner] of value as [string, never][]) target.set(key, inner);
  }
  tally.skipped = Number(json['skipped'] ?? 0);
  return tally;
}
