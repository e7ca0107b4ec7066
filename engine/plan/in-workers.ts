/** What of a plan runs in the workers, and not on the main thread because a dedup or a window comes before it. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Plan, UnionInput } from './planner.ts';
import { inputsOf } from './union.ts';

/** Whether records come to a stage in the workers, by any of its inputs. O(stages²). */
export function isInWorkers(
  plan: Pick<Plan, 'sources' | 'stages'>,
  node: { readonly input: string; readonly union?: readonly UnionInput[] },
): boolean {
  return inputsOf(node).some((input) => {
    if (plan.sources.some(({ name }) => name === input)) return true;
    const above = plan.stages.find(({ name }) => name === input);
    if (above?.kind !== 'record' || cutAtDedup(above.operations) !== null) return false;
    return isInWorkers(plan, above);
  });
}
