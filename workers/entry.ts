/** What a thread runs: one program a source of the plan it was given. */
import { threadId } from 'node:worker_threads';
import { loadExtensions } from '../engine/core/extension/load.ts';
import type { Plan } from '../engine/plan/planner.ts';
import { SourceProgram } from './program.ts';
import type { Reply, Task } from './protocol.ts';

/** Compiles a plan into what runs the tasks of its sources. Throws EngineError ENG_EXTENSION. */
export async function compile(plan: Plan): Promise<(task: Task) => Reply> {
  await loadExtensions(plan.extensions ?? []);
  const programs = plan.sources.map((_, index) => new SourceProgram(plan, index, threadId));
  return (task) => {
    const program = programs[task.source];
    if (program === undefined) throw new Error(`no source ${task.source} in the plan`);
    return program.run(task);
  };
}
