/**
 * The operations of several stages, each of which reads the one before, as one loop over the rows:
 *
 *     warm: where, set │ felt: where │ sink: where        one function, rows counted at each │
 */
import type { Frame, Selection } from '../batch.ts';
import { type Step, emitLoop } from '../emit.ts';
import { invariant } from '../../errors.ts';
import type { FusedKernel, Operation } from './kernel.ts';
import { kernels } from './registry.ts';

/** A stage of a chain. */
export interface ChainedStage {
  readonly name: string;
  readonly operations: readonly Operation[];
}

/** What became of the rows in one stage: rows in = filtered + failed + out (L1). */
export interface StageRows {
  readonly into: number;
  readonly filtered: number;
  readonly failed: number;
  readonly out: number;
}

/** What is left of some rows behind the last stage, and what became of them in each. */
export interface ChainedRows {
  /** A new frame; the one given is as it was. */
  readonly frame: Frame;
  readonly selection: Selection;
  readonly stages: readonly StageRows[];
}

/** A chain, compiled. Not to be shared between threads. */
export interface CompiledChain {
  /** The generated code, for people. */
  readonly source: string;
  /**
   * Runs over the selected rows. `fail` is told of every row on which an expression failed, stage by
   * stage, in ascending order in each; it is dropped. O(rows · expressions).
   */
  run(
    frame: Frame,
    selection: Selection,
    fail: (stage: number, row: number, reason: string) => void,
  ): ChainedRows;
}

/** Whether operations can be part of a loop with those of other stages. */
export const isLoop = (operations: readonly Operation[]): boolean =>
  operations.every(({ operation }) => kernels.get(operation)?.kind === 'fused');

/**
 * Compiles a chain; `slots` is the length of the frame after it. Throws ENG_INVARIANT for operations
 * that are no loop.
 */
export function compileChain(stages: readonly ChainedStage[], slots: number): CompiledChain {
  const steps = stages.flatMap(({ name, operations }, stage): Step[] => {
    invariant(isLoop(operations), `${name} cannot share a loop`);
    return operations.map(({ operation, args }) => {
      return { kernel: kernels.get(operation) as FusedKernel<unknown>, args, stage };
    });
  });
  const name = stages.map((stage) => stage.name).join('_');
  const loop = emitLoop(name, steps, slots, stages.length);
  return {
    source: loop.source,
    run(frame, selection, fail) {
      // Rows fail in their order; they are told of as stages that run one after the other do.
      const failures = stages.map((): [row: number, reason: string][] => []);
      const after = loop.run({ frame, selection }, (row, reason, stage = 0) => {
        failures[stage]?.push([row, reason]);
      });
      failures.forEach((found, stage) => {
        for (const [row, reason] of found) fail(stage, row, reason);
      });
      const outs = [selection.count, ...after.passed];
      const counted = stages.map((_, stage): StageRows => {
        const [into, out] = [outs[stage] as number, outs[stage + 1] as number];
        const failed = failures[stage]?.length ?? 0;
        return { into, filtered: into - out - failed, failed, out };
      });
      return { frame: after.frame, selection: after.selection, stages: counted };
    },
  };
}
