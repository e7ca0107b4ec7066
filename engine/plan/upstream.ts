/** Which pipelines of one process feed which others, through topics. */
import type { Connector, Plan } from './planner.ts';

/** Names of the topics that a connector reads or writes, told apart by where they are kept. */
function topicOf({ kind, config, connection }: Connector): string | null {
  const { topic } = config as { readonly topic?: unknown };
  if (typeof topic !== 'string') return null;
  return JSON.stringify([kind, connection?.addresses ?? [], topic]);
}

/** Names of the topics that a pipeline writes and keeps on this machine, dead letters included. */
export const keptTopicsOf = (plan: Plan): readonly string[] =>
  outputsOf(plan).flatMap(({ kind, config }) =>
    kind === 'topic_log' ? [(config as { readonly topic: string }).topic] : [],
  );

const outputsOf = ({ sinks, errors }: Plan): readonly Connector[] => [
  ...sinks.map(({ connector }) => connector),
  errors.deadLetter,
];

/**
 * The plans whose rows reach each plan, directly or through others. Plans that feed each other are
 * in neither's list: none of them is before the other. O(plans² · topics).
 */
export function upstreamOf(plans: readonly Plan[]): ReadonlyMap<Plan, readonly Plan[]> {
  const writes = new Map(plans.map((plan) => [plan, new Set(outputsOf(plan).map(topicOf))]));
  const feeds = (from: Plan, to: Plan): boolean =>
    to.sources.some(({ connector }) => {
      const topic = topicOf(connector);
      return topic !== null && writes.get(from)?.has(topic) === true;
    });
  const reaching = new Map(plans.map((plan) => [plan, reached(plan, plans, feeds)]));
  return new Map(
    plans.map((plan) => [
      plan,
      plans.filter((one) => reaching.get(plan)?.has(one) && !reaching.get(one)?.has(plan)),
    ]),
  );
}

/** All plans that reach `plan`. */
function reached(
  plan: Plan,
  plans: readonly Plan[],
  feeds: (from: Plan, to: Plan) => boolean,
): ReadonlySet<Plan> {
  const found = new Set<Plan>();
  const visit = (to: Plan): void => {
    for (const from of plans) {
      if (found.has(from) || !feeds(from, to)) continue;
      found.add(from);
      visit(from);
    }
  };
  visit(plan);
  return found;
}
