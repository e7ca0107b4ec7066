/** What a run did, in numbers. */
import type { LedgerSummary } from './ledger.ts';
import type { Usage } from './usage.ts';

/** Snapshots taken so far. */
export interface CheckpointStatistics {
  readonly taken: number;
  readonly lastBytes: number;
}

/** The result of a run. Counts are totals of the state, over restarts. */
export interface Summary {
  readonly pipeline: string;
  /** True when the sources ended by themselves. */
  readonly finished: boolean;
  /** True when open windows were written as provisional rows (R7). */
  readonly provisional: boolean;
  /** Names of the sources whose records were made up. */
  readonly simulated: readonly string[];
  readonly elapsedMs: number;
  readonly usage: Usage;
  /** Records read in this run. */
  readonly records: number;
  readonly filtered: number;
  /** Groups of closed windows that a `having` left out. */
  readonly havingFiltered: number;
  /** Records that dedups dropped. */
  readonly duplicates: number;
  readonly late: number;
  readonly latePartial: number;
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<string, number>>;
  /** What became of the records of each stage and partition (L1). */
  readonly ledger: LedgerSummary;
  readonly snapshots: CheckpointStatistics;
  /** Frontier below which windows are complete, epoch ms or null, by window stage. */
  readonly closedUpTo: Readonly<Record<string, number | null>>;
  /**
   * Windows that end at or before this have all their records, but for late ones, in what was read:
   * as `closedUpTo` without the end of the sources (T7) and without grace; by window stage.
   */
  readonly readUpTo: Readonly<Record<string, number | null>>;
  /** Positions the run went on from, by source; null for a run from the beginning. */
  readonly resumed: boolean;
}
