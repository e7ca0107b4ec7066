/**
 * The optimiser: a plan as it is written → the plan that worker threads run. What has to be the same
 * says pass.ts; each pass says why it is.
 *
 *     event time read once → copies followed → what nobody reads left out → filters first
 *       → one loop for stages in a row → one pass for windows side by side → texts that come back
 *
 * The plan as it is written stays what runs are known by (R3), so that an engine that optimises more
 * goes on with the state of one that did less.
 */
import type { Plan } from '../planner.ts';
import { followCopies } from './copies.ts';
import { shareEventTime } from './event-time.ts';
import { filtersFirst } from './filters-first.ts';
import { numberTexts } from './numbered.ts';
import { fuseStages } from './one-loop.ts';
import { sharePasses } from './one-pass.ts';
import type { Optimized, Pass } from './pass.ts';
import { dropUnread } from './unread.ts';

/** The passes in their order: each makes work for those after it. */
const passes: readonly Pass[] = [
  shareEventTime,
  followCopies,
  dropUnread,
  filtersFirst,
  fuseStages,
  sharePasses,
  numberTexts,
];

/** Optimises what the worker threads run of a plan. O(plan). */
export const optimize = (plan: Plan): Optimized =>
  passes.reduce<Optimized>(
    (before, pass) => {
      const { plan: after, rewrites } = pass(before.plan);
      return { plan: after, rewrites: [...before.rewrites, ...rewrites] };
    },
    { plan, rewrites: [] },
  );
