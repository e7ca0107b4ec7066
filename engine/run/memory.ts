/** How much memory a run may take, and how much it needs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Plan } from '../plan/planner.ts';

/**
 * What a run may plan with, bytes: `limits.memory`, or its container's limit where that is less. That
 * one is kept by the system, which counts other pages than we can.
 */
export function memoryBudget(
  { limits }: Pick<Plan, 'limits'>,
  containerBytes = process.constrainedMemory(),
): number {
  // 0 and enormous numbers both stand for no limit.
  return Math.min(limits.memoryBytes, containerBytes > 0 ? containerBytes : Infinity);
}

/** Resident memory in bytes; where it is above `limit`, without what is only garbage. */
export function neededBytes(limit: number): number {
  const { rss } = process.memoryUsage();
  if (rss <= limit) return rss;
  collectGarbage();
  return process.memoryUsage().rss;
}

/** A whole collection now: V8 has no reason of its own to begin one below its own limit. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  gc();
}
