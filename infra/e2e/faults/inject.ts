/**
 * Loaded into an engine under test before everything else (`node --import`); the query of its URL
 * says what to do:
 *
 *     kill=STEP:N        end the process, by SIGKILL, when it comes to a step for the Nth time after
 *                        the first answer of a worker: a run that has read nothing has nothing to lose
 *     clock=MS           Date is so many milliseconds ahead (or behind, when negative)
 *     redirect=FROM:TO   connections to port FROM of this machine go to port TO
 *     worker=fails       a worker thread that meets a record with the text `fault:HOW` fails so:
 *                        throw, exit, heap, loop; the deadline of its tasks is short
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { applyPatches } from '../../patch.ts';
import { AT_STEP, steps } from './steps.ts';
import { FAIL_AT, deadlinePatch, failAt, workerPatch } from './worker-faults.ts';

const { searchParams: wanted } = new URL(import.meta.url);

const [label, nth = '1'] = (wanted.get('kill') ?? '').split(':');
const killed = steps.find((step) => step.label === label);
const [answered] = steps;
if (killed !== undefined && answered !== undefined && isMainThread) {
  let left = Number(nth);
  let hasRead = false;
  const atStep = (here: string): void => {
    if (here === answered.label) hasRead = true;
    if (!hasRead || here !== label || --left > 0) return;
    // Not by the stream, which would be written after the process is gone.
    writeSync(2, `killed at ${label} for the ${nth}. time\n`);
    process.kill(process.pid, 'SIGKILL');
  };
  Object.assign(globalThis, { [AT_STEP]: atStep });
  applyPatches([...new Set([...answered.patches, ...killed.patches])]);
}

const aheadMs = Number(wanted.get('clock') ?? 0);
if (aheadMs !== 0) {
  const now = Date.now.bind(Date);
  Date.now = () => now() + aheadMs;
}

const [from, to] = (wanted.get('redirect') ?? '').split(':').map(Number);
if (to !== undefined) {
  const connect = Reflect.get(Socket.prototype, 'connect') as (...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    // `net.connect` hands its arguments over normalised: an array whose first element is the options.
    const [first] = args;
    const options = (Array.isArray(first) ? (first[0] as unknown) : first) as { port?: unknown };
    if (Number(first) === from) args[0] = to;
    else if (Number(options.port) === from) options.port = to;
    return Reflect.apply(connect, this, args);
  };
}

if (wanted.has('worker')) {
  Object.assign(globalThis, { [FAIL_AT]: failAt });
  applyPatches([isMainThread ? deadlinePatch : workerPatch]);
}
