/** A thread that does what the test asks for in `task.source`. */
import { isMainThread, threadId, workerData } from 'node:worker_threads';
import type { Reply, Start, Task } from '../../workers/protocol.ts';

/** What a task asks for. */
export const BEHAVIOUR = { answer: 0, exit: 1, fill: 2, hang: 3, throw: 4 } as const;

let program: unknown = null;
// The tests import this file, too.
if (!isMainThread) compile(workerData as Start);

function compile(start: Start): null {
  program = start.program ?? program;
  if (program === 'broken') throw new Error('the program does not compile');
  return null;
}

/** Runs one task, or takes the program. */
export default function run(task: Task | Start): Reply | null {
  if ('program' in task) return compile(task);
  if (program === null) throw new Error('a task came before the program');
  const reply: Reply = { buffer: task.buffer, worker: threadId, slices: [], dictionaries: [] };
  if (task.source === BEHAVIOUR.exit) process.exit(3);
  if (task.source === BEHAVIOUR.throw) throw new Error('on purpose');
  const held: number[][] = [];
  while (task.source === BEHAVIOUR.fill) held.push(new Array<number>(1e6).fill(held.length));
  for (;;) if (task.source !== BEHAVIOUR.hang) return reply;
}
