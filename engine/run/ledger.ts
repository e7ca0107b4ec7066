/** The ledger of a run as plain data (L1): what became of the records of each stage and partition. */
import { type PartitionCounts, type Tally, windowCounts } from '../graph/tally.ts';
import type { Plan } from '../plan/planner.ts';

/** The records of one partition of a source. */
export interface LedgerPartition extends Readonly<PartitionCounts> {
  readonly source: string;
  readonly partition: number;
}

/** Counts of one stage by what they are of; those that are 0 are left out, but `in`. */
export interface LedgerStage {
  readonly stage: string;
  readonly in: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Counts are totals of the state, over restarts. */
export interface LedgerSummary {
  readonly stages: readonly LedgerStage[];
  readonly partitions: readonly LedgerPartition[];
}

/** What a tally says of every stage and partition. */
export const ledgerOf = (plan: Plan, tally: Tally): LedgerSummary => ({
  stages: plan.stages.map(({ name, kind }) =>
    kind === 'window' ? windowLine(name, tally) : recordLine(name, tally),
  ),
  partitions: partitionsOf(tally),
});

/** Counts by source and partition, in their order. */
export const partitionsOf = ({ partitions }: Tally): LedgerPartition[] =>
  Array.from(partitions, ([name, counts]) => {
    const slash = name.lastIndexOf('/');
    return {
      source: name.slice(0, slash),
      partition: Number(name.slice(slash + 1)),
      ...counts,
    };
  }).toSorted(
    (a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0) || a.partition - b.partition,
  );

function recordLine(stage: string, { rows, duplicates, waiting }: Tally): LedgerStage {
  const { in: into = 0, out = 0, filtered = 0, failed = 0, exploded = 0 } = rows.get(stage) ?? {};
  const dropped = duplicates.get(stage) ?? 0;
  const wait = waiting.get(stage) ?? 0;
  return line(stage, into, { out, exploded, filtered, duplicates: dropped, failed, waiting: wait });
}

function windowLine(stage: string, tally: Tally): LedgerStage {
  const before = tally.rows.get(stage);
  const { merged, late, lateIdle, latePartial, emitted, failed, partialStart } = windowCounts(
    tally,
    stage,
  );
  return line(stage, before?.in ?? 0, {
    merged,
    late,
    late_idle: lateIdle,
    late_partial: latePartial,
    failed: before?.failed ?? 0,
    rows: emitted,
    rows_having_filtered: tally.groups.get(stage)?.filtered ?? 0,
    rows_failed: failed + (tally.groups.get(stage)?.failed ?? 0),
    rows_partial_start: partialStart,
  });
}

const line = (stage: string, into: number, counts: Record<string, number>): LedgerStage => ({
  stage,
  in: into,
  counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
});
