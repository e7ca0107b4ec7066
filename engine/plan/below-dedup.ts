/** What of a plan runs on the main thread because a dedup comes before it. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Plan } from './planner.ts';

/** Whether a dedup lies between a stage and its source. O(stages²). */
export function isBelowDedup(
  plan: Pick<Plan, 'stages'>,
  { input }: { readonly input: string },
): boolean {
  const above = plan.stages.find(({ name }) => name === input);
  if (above === undefined) return false;
  return cutAtDedup(above.operations) !== null || isBelowDedup(plan, above);
}
