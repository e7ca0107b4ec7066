/** Contract of a pass of the optimiser. */
import type { Plan } from '../planner.ts';

/** A plan and, in words, what was rewritten to get to it: a line each. */
export interface Optimized {
  readonly plan: Plan;
  readonly rewrites: readonly string[];
}

/**
 * Plan → plan with the same rows, letters and counts of every stage. It concerns what worker threads
 * run, alone: stages keep their places, and what runs on the main thread is as it was.
 */
export type Pass = (plan: Plan) => Optimized;
