/** What a run did, in numbers. */
import type { GraphParts } from '../graph/build.ts';
import { type Tally, total } from '../graph/tally.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import type { CheckpointStatistics } from './checkpointer.ts';
import { type LedgerSummary, ledgerOf } from './ledger.ts';
import type { Usage } from './usage.ts';

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

/** Counts before the run began are subtracted where the summary is about the run. */
export function summarize(result: {
  parts: GraphParts;
  before: { records: number };
  natural: boolean;
  provisional: boolean;
  elapsedMs: number;
  resumed: boolean;
  statistics: CheckpointStatistics;
  usage: Usage;
}): Summary {
  const { parts, natural, provisional, elapsedMs, resumed, statistics, before, usage } = result;
  const { plan, tally, windows } = parts;
  const counts = [...tally.windows.values()];
  return {
    pipeline: plan.name,
    finished: natural,
    provisional,
    simulated: plan.sources.flatMap(({ name, connector }) =>
      connector.kind === 'simulate' ? [name] : [],
    ),
    elapsedMs,
    usage,
    records: total(tally.records) - before.records,
    filtered: filteredIn(tally.rows),
    havingFiltered: filteredIn(tally.groups),
    duplicates: total(tally.duplicates),
    late: counts.reduce((sum, { late, lateIdle }) => sum + late + lateIdle, 0),
    latePartial: counts.reduce((sum, { latePartial }) => sum + latePartial, 0),
    deadLetters: Object.fromEntries(tally.letters),
    rows: Object.fromEntries(plan.sinks.map(({ name }) => [name, tally.written.get(name) ?? 0])),
    ledger: ledgerOf(plan, tally),
    snapshots: statistics,
    closedUpTo: Object.fromEntries(
      windows.map(({ node, store }) => [
        node.name,
        Number.isFinite(store.closedFrontier) ? store.closedFrontier : null,
      ]),
    ),
    readUpTo: Object.fromEntries(
      windows.map(({ node }) => {
        const from = sourcesAbove(plan, node);
        const reached = parts.sources
          .filter((source) => from.includes(source.node.name))
          .map(({ clock }) => clock.reached())
          // One without records holds nothing back, as a partition of that kind does not.
          .filter((time) => time > -Infinity);
        const upTo = Math.min(...reached) - gracesOf(plan, node);
        return [node.name, Number.isFinite(upTo) ? upTo : null];
      }),
    ),
    resumed,
  };
}

/** How long a window waits for records: its own grace, after that of the windows above it (W8). */
function gracesOf(plan: Plan, node: WindowNode): number {
  const above = windowsAbove(plan, node).map((each) => gracesOf(plan, each));
  return node.graceMs + Math.max(0, ...above);
}

/** Rows that stages filtered; what a sink's own `where` left out has reached other sinks. */
const filteredIn = (family: Tally['rows']): number =>
  family.values().reduce((sum, { filtered }) => sum + filtered, 0);
