/**
 * The operations of one stage → one function over rows. Neighbouring fused kernels share a loop:
 *
 *     where set set │ lookup │ where set       three parts, the first and the last generated
 */
import type { Frame, Selection } from '../batch.ts';
import { emitLoop } from '../emit.ts';
import type { Step } from '../emit.ts';
import { EngineError } from '../../errors.ts';
import { elementOf } from '../element-index.ts';
import type { Fail, Kernel, Operation, Rows, WholeKernel } from './kernel.ts';
import { kernels } from './registry.ts';

/** What is left of some rows: rows in + exploded = rows in `selection` + filtered + failed (L1). */
export interface OperatedRows {
  /** A new frame; the one given is as it was, so branches may share it. */
  readonly frame: Frame;
  readonly selection: Selection;
  readonly filtered: number;
  readonly failed: number;
  /** Rows there are more, where a row became several. */
  readonly exploded: number;
  /** Which row that went in each row of the frame is of; null where rows are what they were. */
  readonly from: Int32Array | null;
}

/** Told of a row that failed: `element` is which of those it became, null where it became none. */
export type FailAt = (row: number, reason: string, element: number | null) => void;

/** A stage's operations, compiled. Not to be shared between threads. */
export interface CompiledOperations {
  /** The generated code, for people. */
  readonly source: string;
  /**
   * Runs over the selected rows. `fail` is told of every row on which an expression failed, in
   * ascending order; it is dropped. Of what a row became it is told as of that row. O(rows · expressions).
   */
  run(frame: Frame, selection: Selection, fail: FailAt): OperatedRows;
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

function runParts(parts: readonly Part[], rows: Rows, fail: FailAt): OperatedRows {
  let failed = 0;
  let exploded = 0;
  let from: Int32Array | null = null;
  let left = rows;
  for (const part of parts) {
    const origin: Int32Array | null = from;
    left = part.run(left, (row, reason) => {
      failed++;
      if (origin === null) fail(row, reason, null);
      else fail(origin[row] as number, reason, elementOf(origin, row));
    });
    if (left.from === undefined) continue;
    exploded += left.from.length - distinct(left.from);
    from = origin === null ? left.from : left.from.map((row) => origin[row] as number);
  }
  const { frame, selection } = left;
  const filtered = rows.selection.count + exploded - selection.count - failed;
  return { frame, selection, filtered, failed, exploded, from };
}

/** How many different values there are among ascending ones. */
function distinct(values: Int32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (i === 0 || values[i] !== values[i - 1]) count++;
  return count;
}
