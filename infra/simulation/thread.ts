/** A thread of the simulation. The engine is loaded behind the patches. */
import { parentPort, workerData } from 'node:worker_threads';
import { applyPatches } from '../patch.ts';
import type { Share } from './shared-work.ts';

const share = workerData as Share;
applyPatches(share.patches);
const { runShare } = await import('./run-share.ts');
parentPort?.postMessage(await runShare(share));
