/** What comes before a node of a plan: its sources, and the windows whose rows it reads. O(stages²). */
import type { Plan, UnionInput, WindowNode } from './planner.ts';
import { inputsOf } from './union.ts';

/** A name that a source and a stage have means the source. */
type Nodes = Pick<Plan, 'sources' | 'stages'>;
interface Reader {
  readonly input: string;
  readonly union?: readonly UnionInput[];
}

/** Names of the sources that feed a node, through windows too, in the order of their names. */
export function sourcesAbove(plan: Nodes, node: Reader): readonly string[] {
  const names = inputsOf(node).flatMap((input) => {
    const above = stageOf(plan, input);
    return above === undefined ? [input] : sourcesAbove(plan, above);
  });
  return [...new Set(names)].sort();
}

/** The window stages whose rows reach a node, the nearest ones, by name; none for rows of records. */
export function windowsAbove(plan: Nodes, node: Reader): readonly WindowNode[] {
  const found = inputsOf(node).flatMap((input) => {
    const above = stageOf(plan, input);
    if (above === undefined) return [];
    return above.kind === 'window' ? [above] : windowsAbove(plan, above);
  });
  return [...new Set(found)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names of the stages that come before a node, through windows too. */
export function stagesAbove(plan: Nodes, node: Reader): readonly string[] {
  const names = inputsOf(node).flatMap((input) => {
    const above = stageOf(plan, input);
    return above === undefined ? [] : [input, ...stagesAbove(plan, above)];
  });
  return [...new Set(names)];
}

/**
 * Whether a dedup puts rows of several logs into one order (O2), so that they wait for each other: rows
 * of windows, or records of several sources.
 */
export const isOverSeveralLogs = (plan: Nodes, node: Reader): boolean =>
  windowsAbove(plan, node).length > 0 || sourcesAbove(plan, node).length > 1;

const stageOf = ({ sources, stages }: Nodes, input: string): Plan['stages'][number] | undefined =>
  sources.some(({ name }) => name === input)
    ? undefined
    : stages.find(({ name }) => name === input);
