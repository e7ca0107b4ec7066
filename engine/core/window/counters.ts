/** What became of groups and records in a window stage (L1). */

/** Groups, and the records that counted in them: a record counts once in each of its windows. */
export interface GroupCount {
  readonly groups: number;
  readonly contributions: number;
}

/**
 * Since the beginning of the state. At any time, and for all windows together,
 * `contributed = emitted + partialStart + failed + open` contributions: a residue is a bug.
 */
export interface WindowCounters {
  /** Contributions of all merged records. */
  readonly contributed: number;
  /** Rows given out. */
  readonly emitted: GroupCount;
  /** Groups of windows that begin before the first event time read (R3). */
  readonly partialStart: GroupCount;
  /** Groups whose result was an expression error. */
  readonly failed: GroupCount;
}

/** Nothing has happened. */
export const noCounters: WindowCounters = {
  contributed: 0,
  emitted: { groups: 0, contributions: 0 },
  partialStart: { groups: 0, contributions: 0 },
  failed: { groups: 0, contributions: 0 },
};

/** The sum of two counts. */
export const addCounts = (a: GroupCount, b: GroupCount): GroupCount => ({
  groups: a.groups + b.groups,
  contributions: a.contributions + b.contributions,
});
