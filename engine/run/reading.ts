/** Where topics are read from, where who starts a run says otherwise than the definition. */
import type { Plan, SourceNode } from '../plan/planner.ts';

/** Where a run without a snapshot begins (R3). */
export type StartAt = 'earliest' | 'latest' | 'committed';

/** The plan with its topics read from there. */
export const readFrom = (plan: Plan, start: StartAt): Plan => ({
  ...plan,
  sources: plan.sources.map((source): SourceNode => {
    const { connector } = source;
    if (connector.kind !== 'kafka') return source;
    const config = { ...(connector.config as object), start };
    return { ...source, connector: { ...connector, config } };
  }),
});
