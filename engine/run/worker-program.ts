/** What crosses to the worker threads of a plan: optimised, without connectors, which hold secrets. */
import { optimize } from '../plan/optimize/optimize.ts';
import type { Connector, Plan } from '../plan/planner.ts';

/** The plan as workers get it. */
export function workerProgram(written: Plan): Plan {
  const { plan } = optimize(written);
  const none = (connector: Connector): Connector => ({
    kind: connector.kind,
    config: null,
    connection: null,
  });
  return {
    ...plan,
    sources: plan.sources.map((node) => ({ ...node, connector: none(node.connector) })),
    sinks: plan.sinks.map((node) => ({ ...node, connector: none(node.connector) })),
    errors: { ...plan.errors, deadLetter: none(plan.errors.deadLetter) },
  };
}
