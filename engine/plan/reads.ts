/** Which columns an operation reads. */
import { slotsOf } from '../core/expression/types.ts';
import type { FusedKernel, Kernel } from '../core/operation/kernel.ts';
import { kernels } from '../core/operation/registry.ts';
import type { Operation } from './planner.ts';

/** The slots an operation reads; all of a frame of `slots` where its kernel is not known here. */
export function readBy({ operation, args }: Operation, slots: number): number[] {
  const kernel: Kernel | undefined = kernels.get(operation);
  if (kernel?.kind === 'fused') {
    return (kernel as FusedKernel<unknown>).expressions(args).flatMap(slotsOf);
  }
  if (kernel === undefined) return Array.from({ length: slots }, (_, slot) => slot);
  return [...kernel.reads(args as never)];
}
