/** Sums up what a run did. */
import type { GraphParts } from '../graph/build.ts';
import { type Tally, total } from '../graph/tally.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import { ledgerOf } from './ledger.ts';
import type { CheckpointStatistics, Summary } from './summary.ts';
import type { Usage } from './usage.ts';

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
