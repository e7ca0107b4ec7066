/** The kernels, by the name a plan uses. A new one is a file and a line. */
import { dedup } from './dedup.ts';
import { explode } from './explode.ts';
import type { Kernel } from './kernel.ts';
import { lookup } from './lookup.ts';
import { set } from './set.ts';
import { where } from './where.ts';

/** All kernels. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [where, dedup, lookup, explode, set].map((kernel) => [kernel.operation, kernel]),
);
