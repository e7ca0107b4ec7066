/** How often what happens to a group has hit a reader. */

/** Counts of one group, or of many. */
export interface GroupCounts {
  /** Joinings behind a rebalance. */
  joined: number;
  /** Those that left it without some partition. */
  held: number;
  /** Those that found records that were read and wait for room. */
  kept: number;
  /** Memberships that the coordinator had ended. */
  lost: number;
  /** Memberships that broke off. */
  broken: number;
  /** Responses of an older generation that came after joining anew. */
  late: number;
  /** Of those, parts that had been read meanwhile, or come from elsewhere. */
  stale: number;
  /** Commits that were refused. */
  refused: number;
}

/** Nothing yet. */
export const noCounts = (): GroupCounts => ({
  ...{ joined: 0, held: 0, kept: 0, lost: 0, broken: 0, late: 0, stale: 0, refused: 0 },
});

/** Adds all of them up. */
export function sumOf(all: readonly GroupCounts[]): GroupCounts {
  const sum = noCounts();
  for (const each of all) {
    for (const name of Object.keys(sum) as (keyof GroupCounts)[]) sum[name] += each[name];
  }
  return sum;
}

/** In words. */
export const countsText = (counts: GroupCounts): string =>
  `${counts.joined} rebalances (${counts.held} without some partition, ${counts.kept} over kept records, ${counts.lost} lost memberships), ` +
  `${counts.broken} broken off, ${counts.late} late responses (${counts.stale} parts stale), ` +
  `${counts.refused} commits refused`;
