/**
 * The speed layer says how far its windows are complete: a row a window stage in `engine_frontiers`,
 * written after the snapshot, when all rows below it are acknowledged.
 */
import type { SinkContext, SinkPort } from '../../graph/ports.ts';
import type { Plan, SinkNode } from '../../plan/planner.ts';
import { windowOf } from '../last-run.ts';
import {
  engineContext,
  FOREVER_MS,
  frontierNode,
  isTable,
  keyspaceKey,
  rowsOf,
} from './engine-tables.ts';

/** Stage → all its windows that end at or before this are complete and written; epoch ms, ±∞. */
export type Frontiers = ReadonlyMap<string, number>;

/** Publishes frontiers; those that have not moved are left out. */
export interface FrontierPublisher {
  publish(frontiers: Frontiers): Promise<void>;
}

/** One keyspace, and the stages whose rows go there. */
interface Place {
  readonly node: SinkNode;
  readonly stages: ReadonlySet<string>;
}

/** The tables of frontiers a pipeline writes: one a keyspace that rows of its windows go to. */
export const frontierNodes = (plan: Plan): SinkNode[] => placesOf(plan).map(({ node }) => node);

function placesOf(plan: Plan): Place[] {
  const places = new Map<string, { node: SinkNode; stages: Set<string> }>();
  for (const { input, connector } of plan.sinks) {
    const window = windowOf(plan, input, { closedUpTo: {} });
    if (window === null || !isTable(connector)) continue;
    const key = keyspaceKey(connector);
    const place = places.get(key) ?? { node: frontierNode(connector), stages: new Set() };
    places.set(key, place);
    place.stages.add(window.stage);
  }
  return [...places.values()];
}

/** What opening takes: how a sink is opened, and where what is opened is to be closed. */
export interface FrontierOpening {
  readonly openSink: (node: SinkNode, context: SinkContext) => Promise<SinkPort>;
  readonly context: Parameters<typeof engineContext>[0];
  readonly closers: (() => unknown)[];
}

/** Opens the tables of frontiers, which makes them where they are missing. */
export async function openFrontiers(
  plan: Plan,
  { openSink, context, closers }: FrontierOpening,
): Promise<FrontierPublisher> {
  const places = await Promise.all(
    placesOf(plan).map(async ({ node, stages }) => {
      const port = await openSink(node, engineContext(context));
      closers.push(() => port.close());
      await port.open(null);
      return { node, stages, port };
    }),
  );
  const published = new Map<string, number>();
  return {
    async publish(frontiers) {
      const moved = Array.from(
        frontiers,
        ([stage, at]) => [stage, Math.min(at, FOREVER_MS)] as const,
      ).filter(([stage, at]) => at > -Infinity && published.get(stage) !== at);
      await Promise.all(
        places.map(async ({ node, stages, port }) => {
          const rows = moved.filter(([stage]) => stages.has(stage));
          if (rows.length === 0) return;
          const written = port.write(
            rowsOf(
              node,
              rows.map(([stage, at]) => [plan.name, stage, at]),
            ),
          );
          await Promise.all([written, port.flush()]);
        }),
      );
      for (const [stage, at] of moved) published.set(stage, at);
    },
  };
}
