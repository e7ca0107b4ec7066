/** Node processes that a bench measures: each has a heap, threads and a peak of memory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EngineError } from '../errors.ts';

/** A running process, whose stdout are JSON lines. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves when it has ended with 0; else rejects with what it said on stderr. */
  readonly ended: Promise<void>;
}

/** Starts `node ARGUMENTS…`; `onLine` is told each line of its stdout. */
export function startNode(
  args: readonly string[],
  cwd: string,
  onLine: (line: string) => void,
): Child {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', onLine);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else {
        const how = String(code ?? signal);
        reject(new EngineError('ENG_RUN_FAILED', `the measured run ended with ${how}:\n${said}`));
      }
    });
  });
  return { process: child, ended };
}
