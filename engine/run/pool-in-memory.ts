/** A pool without threads: tasks are run where they are given. */
import { SourceProgram } from '../../workers/program.ts';
import { invariant } from '../errors.ts';
import type { PoolPort } from '../graph/ports.ts';
import type { Plan } from '../plan/planner.ts';
import { workerProgram } from './worker-program.ts';

/** Workers without threads, each with programs of its own; the last to be asked is the first to answer. */
export function poolOf(plan: Plan, workers: number): PoolPort {
  const program = workerProgram(plan);
  const threads = Array.from({ length: workers }, (_, worker) =>
    program.sources.map((__, source) => new SourceProgram(program, source, worker)),
  );
  let asked = 0;
  const waiting: (() => void)[] = [];
  const answerAll = (): void => {
    for (const answer of waiting.splice(0).toReversed()) answer();
  };
  return {
    workers,
    run: async (task) => {
      const program = threads[asked++ % workers]?.[task.source];
      invariant(program !== undefined, `no source ${task.source} in the plan`);
      const reply = structuredClone(program.run(task));
      if (workers > 1) {
        await new Promise<void>((resolve) => {
          if (waiting.push(resolve) === 1) setImmediate(answerAll);
        });
      }
      return reply;
    },
    close: () => Promise.resolve(),
  };
}
