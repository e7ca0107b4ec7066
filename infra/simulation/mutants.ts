/** Broken variants of the engine. A simulation that does not catch each of them proves nothing. */
import { flowMutants } from './flow-mutants.ts';
import type { Mutant } from './mutant.ts';
import { rebalanceMutants } from './rebalance-mutants.ts';
import { recoveryMutants } from './recovery-mutants.ts';
import { stageMutants } from './stage-mutants.ts';
import { windowMutants } from './window-mutants.ts';

/** All of them. */
export const mutants: readonly Mutant[] = [
  ...recoveryMutants,
  ...rebalanceMutants,
  ...flowMutants,
  ...windowMutants,
  ...stageMutants,
];
