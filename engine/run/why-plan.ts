/** What is asked by `engine why`: a row of a sink, in terms of the plan. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import { EngineError } from '../errors.ts';
import { type Condition, type ConditionText, bindCondition } from '../io/table/condition.ts';
import { sourcesAbove, stagesAbove, windowsAbove } from '../plan/above.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';
import { recordProbes } from './why-probes.ts';
import { type AskedWindow, namesOfWindow, windowNamed } from './why-window.ts';

/** A row that is asked for. */
export interface Question {
  readonly plan: Plan;
  readonly sink: SinkNode;
  /** Null for rows of records. */
  readonly window: AskedWindow | null;
  /** On group columns of the window, or on columns of the sink. */
  readonly conditions: readonly Condition[];
  /** Names of the sources that feed it, in their order in the plan. */
  readonly sources: readonly string[];
  /** What reaches the window or the sink of records; none where it is over rows of windows (W8). */
  readonly probes: readonly Plan[];
}

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

/**
 * The question for a row of a sink; `given` are equalities on its key columns, `window` (or
 * `window_start`), or `partition` and `window_index`, among them. Throws EngineError ENG_CLI_USAGE in plain words for what cannot be asked.
 */
export function questionOf(plan: Plan, sink: SinkNode, given: readonly ConditionText[]): Question {
  const unequal = given.find(({ operator }) => operator !== '=');
  if (unequal !== undefined) throw usage(`write ${unequal.column}=VALUE: one row is asked for`);
  const [node = null, ...others] = windowsAbove(plan, sink);
  if (others.length > 0) {
    const names = windowsAbove(plan, sink).map(({ name }) => name);
    throw usage(
      `rows of ${sink.name} are of ${names.join(' and ')}: ask for a sink of one of them`,
    );
  }
  const feeding = sourcesAbove(plan, sink);
  const sources = plan.sources.map(({ name }) => name).filter((name) => feeding.includes(name));
  const namesWindow = node === null ? [] : namesOfWindow(node);
  const isOfWindow = ({ column }: ConditionText): boolean => namesWindow.includes(column);
  const keys = given.filter((condition) => !isOfWindow(condition));
  checkDedups(plan, node ?? sink);
  if (node === null) {
    if (keys.length === 0) throw usage(`name a row: ${sink.columns[0]?.name ?? 'column'}=VALUE …`);
    const conditions = keys.map((condition) => bindCondition(condition, sink.columns));
    const asked = conditions.flatMap(({ column }) =>
      sink.columns.filter(({ name }) => name === column).slice(0, 1),
    );
    const probes = recordProbes(plan, sink, asked);
    return { plan, sink, window: null, conditions, sources, probes };
  }
  const missing = node.keys.filter(({ name }) => !keys.some(({ column }) => column === name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `${name}=VALUE`).join(' ');
    throw usage(`${sink.name} has a row for each group and window: name its group, too: ${names}`);
  }
  const bound = keys.map((condition) => bindCondition(condition, node.keys));
  // In the order of the group columns, one each.
  const conditions = node.keys.flatMap(({ name }) => bound.filter(({ column }) => column === name));
  const window = windowNamed(node, given.filter(isOfWindow));
  const isOver = windowsAbove(plan, node).length > 0;
  const probes = isOver ? [] : recordProbes(plan, node, node.keys);
  return { plan, sink, window, conditions, sources, probes };
}

/** A dedup over several sources goes by all of their logs (O2), and a probe reads one. */
function checkDedups(
  plan: Plan,
  node: { readonly name: string } & Parameters<typeof stagesAbove>[1],
): void {
  const above = stagesAbove(plan, node);
  for (const stage of plan.stages) {
    if (!above.includes(stage.name) || cutAtDedup(stage.operations) === null) continue;
    const sources = sourcesAbove(plan, stage);
    if (sources.length < 2) continue;
    throw usage(
      `${stage.name} compares records of ${sources.join(' and ')}, and logs are read again one by one: which of them passed cannot be told`,
    );
  }
}
