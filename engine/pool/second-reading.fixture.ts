/** A thread that dies over a record only when it is read for a late letter. */
import type { Start, Task } from '../../workers/protocol.ts';
import run from './thread.ts';

/** In the bytes of a record: whoever reads it again, whoever copies its bytes, dies. */
export const FATAL = { again: '"x":6.5', always: '"x":6.25' } as const;

/** Runs one task. */
export default function runUnlessAgain(task: Task | Start): unknown {
  if ('program' in task) return run(task);
  const text = new TextDecoder().decode(task.buffer);
  const isAgain = task.late !== null;
  const isWanted = task.wanted !== undefined;
  if (isAgain && text.includes(FATAL.again)) process.exit(5);
  if ((isAgain || isWanted) && text.includes(FATAL.always)) process.exit(5);
  return run(task);
}
