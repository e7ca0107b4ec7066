/**
 * The operations of one stage → one function over rows. Neighbouring fused kernels share a loop:
 *
 *     where set set │ lookup │ where set       three parts, the first and the last generated
 */
import type { Frame, Selection } from '../batch.ts';
import { emitLoop } from '../emit.ts';
import type { Step } from '../emit.ts';
import { EngineError } from '../../errors.ts';
import type { Fail, Kernel, Operation, Rows, WholeKernel } from './kernel.ts';
import { kernels } from './registry.ts';

/** What is left of some rows. Every row that went in is in `selection`, filtered or failed. */
export interface OperatedRows {
  /** A new frame; the one given is as it was, so branches may share it. */
  readonly frame: Frame;
  readonly selection: Selection;
  readonly filtered: number;
  readonly failed: number;
}

/** A stage's operations, compiled. Not to be shared between threads. */
export interface CompiledOperations {
  /** The generated code, for people. */
  readonly source: string;
  /**
   * Runs over the selected rows. `fail` is told of every row on which an expression failed, in
   * ascending order; it is dropped. O(rows · expressions).
   */
  run(frame: Frame, selection: Selection, fail: Fail): OperatedRows;
}

interface Part {
  readonly source: string;
  readonly run: (rows: Rows, fail: Fail) => Rows;
}

/**
 * Compiles the operations of stage `name`; `slots` is the length of the frame after them. Throws
 * ENG_INVARIANT for an operation that `registry` does not have, and for ordered ones.
 */
export function compileOperations(
  name: string,
  operations: readonly Operation[],
  slots: number,
  registry: ReadonlyMap<string, Kernel> = kernels,
): CompiledOperations {
  const parts: Part[] = [];
  let steps: Step[] = [];
  const endLoop = (): void => {
    if (steps.length > 0) parts.push(emitLoop(name, steps, slots));
    steps = [];
  };
  for (const { operation, args } of operations) {
    const kernel = registry.get(operation);
    if (kernel === undefined || kernel.kind === 'ordered') {
      throw new EngineError('ENG_INVARIANT', `engine bug: no operation ${operation}`);
    }
    if (kernel.kind === 'fused') steps.push({ kernel, args });
    else {
      endLoop();
      const run = (kernel as WholeKernel<unknown>).open(args, slots);
      parts.push({ source: `// ${operation}\n`, run });
    }
  }
  endLoop();
  return {
    source: parts.map(({ source }) => source).join('\n'),
    run: (frame, selection, fail) => runParts(parts, { frame, selection }, fail),
  };
}

function runParts(parts: readonly Part[], rows: Rows, fail: Fail): OperatedRows {
  let failed = 0;
  const counting: Fail = (row, reason) => {
    failed++;
    fail(row, reason);
  };
  const after = parts.reduce((left, part) => part.run(left, counting), rows);
  const dropped = rows.selection.count - after.selection.count;
  return { ...after, filtered: dropped - failed, failed };
}
