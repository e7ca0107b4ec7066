/** Performs many schedules; the first that fails is shrunk. */
import fc from 'fast-check';
import { messageOf } from '../../engine/errors.ts';
import { noCounts, sumOf } from './group-counts.ts';
import { perform } from './perform.ts';
import { schedulesOf } from './schedule.ts';
import type { Outcome, Share } from './shared-work.ts';
import { faultsOf } from './verdict.ts';

/** Runs a share of the simulation. */
export async function runShare({ seed, runs, path, shrinks, pipeline }: Share): Promise<Outcome> {
  const done = { runs: 0, lives: 0, groups: noCounts() };
  const property = fc.asyncProperty(schedulesOf(pipeline), async (schedule) => {
    const performance = await perform(schedule);
    done.runs++;
    done.lives += performance.lives;
    const counts = performance.durable.groups.map((group) => group.counts);
    done.groups = sumOf([done.groups, ...counts]);
    const faults = faultsOf(schedule, performance);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  const found = await fc.check(property, {
    ...{ seed, numRuns: runs, endOnFailure: !shrinks },
    ...(path !== null && { path }),
  });
  if (!found.failed) return { ...done, failure: null };
  const failure = {
    seed: found.seed,
    path: found.counterexamplePath ?? '',
    schedule: JSON.stringify(found.counterexample?.[0]),
    faults: messageOf(found.errorInstance),
  };
  return { ...done, failure };
}
