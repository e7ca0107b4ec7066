/**
 * What became of every record (L1): counters of one run, kept in its snapshots so that they count
 * each record once however often the run was restarted. What they must agree in: residue.ts.
 */
import type { DeadLetter, LetterCode } from '../../workers/protocol.ts';

/** Counts of a row-wise stage or sink. */
export interface RowCounts {
  in: number;
  filtered: number;
  failed: number;
  out: number;
  /** Rows there are more, where an explode made several of one; not there for none. */
  exploded?: number;
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

/** What became of the records of one partition of a source. */
export interface PartitionCounts {
  /** Records with a value. */
  records: number;
  tombstones: number;
  /** Left out by stages of records: once for each stage that left a record out. */
  filtered: number;
  duplicates: number;
  /** Late for all windows of a stage, also by idleness: once for each such stage. */
  late: number;
  deadLetters: number;
  /** What `skip` policies left out. */
  skipped: number;
}

/** All counters, JSON. Keys are names of sources, stages and sinks. */
export interface Tally {
  readonly records: Map<string, number>;
  readonly tombstones: Map<string, number>;
  /** Records that cannot be read: dead-lettered or skipped before any stage. */
  readonly unreadable: Map<string, number>;
  /** By `SOURCE/PARTITION`. */
  readonly partitions: Map<string, PartitionCounts>;
  /** By stage: a row-wise one, or what runs before a window. */
  readonly rows: Map<string, RowCounts>;
  /** By sink. */
  readonly sinks: Map<string, RowCounts>;
  readonly windows: Map<string, WindowCounts>;
  /** By window stage: its rows on their way through `having` and expressions over aggregates. */
  readonly groups: Map<string, RowCounts>;
  /** Records dropped by each dedup. */
  readonly duplicates: Map<string, number>;
  /** Rows that wait in each dedup for others that come before them: goes up and down. */
  readonly waiting: Map<string, number>;
  /** Rows handed to each sink: what a snapshot counts, since it waits for their acknowledgement. */
  readonly given: Map<string, number>;
  /** Rows acknowledged by each sink. */
  readonly written: Map<string, number>;
  /** Dead letters by code: what a snapshot counts, since it waits for their acknowledgement. */
  readonly letters: Map<string, number>;
  /** Dead letters acknowledged, by code. */
  readonly reported: Map<string, number>;
  /** By equation of the ledger: what it was off by when the definition changed (residue.ts). */
  readonly carried: Map<string, number>;
  skipped: number;
}

/** A tally of nothing. */
export const openTally = (): Tally => ({
  records: new Map(),
  tombstones: new Map(),
  unreadable: new Map(),
  partitions: new Map(),
  rows: new Map(),
  sinks: new Map(),
  windows: new Map(),
  groups: new Map(),
  duplicates: new Map(),
  waiting: new Map(),
  given: new Map(),
  written: new Map(),
  letters: new Map(),
  reported: new Map(),
  carried: new Map(),
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

/** Adds rows that an explode made. */
export function countExploded(counts: RowCounts, exploded: number): void {
  if (exploded > 0) counts.exploded = (counts.exploded ?? 0) + exploded;
}

/** The counters of `name`, opened with zeros where there are none. */
function countsOf<Counts extends object>(
  family: Map<string, Counts>,
  name: string,
  zeros: Counts,
): Counts {
  let counts = family.get(name);
  if (counts === undefined) {
    counts = { ...zeros };
    family.set(name, counts);
  }
  return counts;
}

/** The counters of one row-wise stage, sink or window's rows; `family` is `rows`, `sinks` or `groups`. */
export const rowCounts = (family: Map<string, RowCounts>, name: string): RowCounts =>
  countsOf(family, name, { in: 0, filtered: 0, failed: 0, out: 0 });

const noWindows: WindowCounts = {
  ...{ merged: 0, late: 0, latePartial: 0, lateIdle: 0 },
  ...{ emitted: 0, failed: 0, partialStart: 0 },
};

/** The counters of a window stage. */
export const windowCounts = (tally: Tally, name: string): WindowCounts =>
  countsOf(tally.windows, name, noWindows);

const noPartition: PartitionCounts = {
  ...{ records: 0, tombstones: 0, filtered: 0, duplicates: 0 },
  ...{ late: 0, deadLetters: 0, skipped: 0 },
};

/** The counters of a partition of a source. */
export const partitionCounts = (tally: Tally, source: string, partition: number): PartitionCounts =>
  countsOf(tally.partitions, `${source}/${partition}`, noPartition);

/** Where a record came from; rows of windows (partition −1) have no partition. */
type Origin = Pick<DeadLetter, 'source' | 'partition'>;

/** Counts dead letters of records of one partition. */
export function countLetters(
  tally: Tally,
  code: LetterCode,
  by: number,
  { source, partition }: Origin,
): void {
  if (by === 0) return;
  count(tally.letters, code, by);
  if (partition >= 0) partitionCounts(tally, source, partition).deadLetters += by;
}

/** Counts dead letters that have been acknowledged. */
export function countReported(tally: Tally, letters: readonly DeadLetter[]): void {
  for (const { code } of letters) count(tally.reported, code, 1);
}
