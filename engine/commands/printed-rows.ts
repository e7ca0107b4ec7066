/** Rows on standard output: with --json one object a line, and nothing else beside them. */
import type { Plan } from '../plan/planner.ts';

/** Whether a pipeline prints its rows: what is said of the run itself must go elsewhere then. */
export const printsRows = ({ sinks }: Plan): boolean =>
  sinks.some(({ connector }) => connector.kind === 'stdout');

/** The plan with its rows printed as lines of JSON, whatever format the definition asks for. */
export const printedAsJson = (plan: Plan): Plan => ({
  ...plan,
  sinks: plan.sinks.map((sink) =>
    sink.connector.kind === 'stdout'
      ? { ...sink, connector: { ...sink.connector, config: { format: 'json' } } }
      : sink,
  ),
});
