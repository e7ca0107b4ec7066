/** What a thread runs: one program a source of the plan it was started with. */
import { threadId, workerData } from 'node:worker_threads';
import { loadExtensions } from '../engine/core/extension/load.ts';
import type { Plan } from '../engine/plan/planner.ts';
import { SourceProgram } from './program.ts';
import type { Reply, Task } from './protocol.ts';

const plan = workerData as Plan;
await loadExtensions(plan.extensions ?? []);
const programs = plan.sources.map((_, index) => new SourceProgram(plan, index, threadId));

/** Runs one task. */
export function handle(task: Task): Reply {
  const program = programs[task.source];
  if (program === undefined) throw new Error(`no source ${task.source} in the plan`);
  return program.run(task);
}
