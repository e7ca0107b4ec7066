/** The kernels, by the name a plan uses. A new one is a file and a line. */
import { dedup } from './dedup.ts';
import { explode } from './explode.ts';
import type { Kernel } from './kernel.ts';
import { lookup } from './lookup.ts';
import { set } from './set.ts';
import { where } from './where.ts';

// One map a thread: the kernels of extensions are added when it loads them.
const known = new Map<string, Kernel>(
  [where, dedup, lookup, explode, set].map((kernel) => [kernel.operation, kernel]),
);

/** All kernels, those of the extensions that this thread has loaded among them. */
export const kernels: ReadonlyMap<string, Kernel> = known;

/** Adds the kernel of an extension. */
export const registerKernel = (kernel: Kernel): void => void known.set(kernel.operation, kernel);
