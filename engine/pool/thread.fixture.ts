/** A thread that does what the test asks for in `task.source`. */
import { threadId, workerData } from 'node:worker_threads';
import type { Reply, Task } from '../../workers/protocol.ts';

/** What a task asks for. */
export const BEHAVIOUR = { answer: 0, exit: 1, fill: 2, hang: 3, throw: 4 } as const;

if (workerData === 'broken') throw new Error('the program does not compile');

/** Runs one task. */
export default function run(task: Task | null): Reply {
  const reply: Reply = {
    buffer: task?.buffer ?? new ArrayBuffer(0),
    worker: threadId,
    slices: [],
    dictionaries: [],
  };
  if (task === null) return reply;
  if (task.source === BEHAVIOUR.exit) process.exit(3);
  if (task.source === BEHAVIOUR.throw) throw new Error('on purpose');
  const held: number[][] = [];
  while (task.source === BEHAVIOUR.fill) held.push(new Array<number>(1e6).fill(held.length));
  for (;;) if (task.source !== BEHAVIOUR.hang) return reply;
}
