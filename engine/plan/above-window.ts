/** Windows over the rows of windows (W8). */
import type { Plan, WindowNode } from './planner.ts';

/** The window stage whose rows reach a node, the nearest one; null for rows of records. O(stages²). */
export function windowAbove(
  plan: Pick<Plan, 'stages'>,
  { input }: { readonly input: string },
): WindowNode | null {
  const above = plan.stages.find(({ name }) => name === input);
  if (above === undefined) return null;
  return above.kind === 'window' ? above : windowAbove(plan, above);
}
