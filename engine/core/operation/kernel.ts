/**
 * Contract of a kernel: what one operation of a row-wise stage does to rows. A plan names it; the
 * registry finds it. Fused kernels write code into the stage's loop over rows, side by side with
 * their neighbours; whole kernels take the selection as one (lookup, explode); ordered ones depend on
 * the order of the records and run on the main thread (dedup).
 */
import type { ColumnType, Frame, Selection } from '../batch.ts';
import type { Block, Code, Condition } from '../expression/block.ts';
import type { Writer } from '../expression/function.ts';
import type { TypedExpression } from '../expression/types.ts';

/** One operation of a plan: the kernel's name and its arguments (JSON). */
export interface Operation {
  readonly operation: string;
  readonly args: unknown;
}

/** Told of a row that an operation failed on, with the reason in plain words. The row is dropped. */
export type Fail = (row: number, reason: string) => void;

/** Rows after some operations. Vectors of the frame before are shared, not copied. */
export interface Rows {
  readonly frame: Frame;
  readonly selection: Selection;
  /**
   * Set where a kernel has made rows of its own: which row of the frame before each of them is of,
   * ascending. Without it rows are what they were.
   */
  readonly from?: Int32Array;
}

/** A column that a loop computes. */
export interface ComputedColumn {
  readonly slot: number;
  readonly type: ColumnType;
  /** For comments only; may be empty. */
  readonly name: string;
}

/** The loop over rows that a fused kernel writes into. */
export interface Loop {
  readonly writer: Writer;
  /** What happens with every row still selected. */
  readonly body: Block;
  /** Drops the row at hand unless the condition is true. */
  keepWhen(condition: Condition): void;
  /** Puts a value into a new vector, and at the disposal of later operations of the loop. */
  store(column: ComputedColumn, code: Code): void;
}

/** A kernel that is code in a loop. */
export interface FusedKernel<Args> {
  readonly operation: string;
  readonly kind: 'fused';
  /** The operation in a few words: the beginning of failures' reasons, e.g. `set gap`. */
  title(args: Args): string;
  /** The expressions it computes. */
  expressions(args: Args): readonly TypedExpression[];
  emit(args: Args, loop: Loop): void;
}

/** A kernel that is a function of its own. */
export interface WholeKernel<Args> {
  readonly operation: string;
  readonly kind: 'whole';
  /** The slots it reads. */
  reads(args: Args): readonly number[];
  /** Opens the kernel, with whatever state it keeps, for a frame of `slots` columns after it. */
  open(args: Args, slots: number): (rows: Rows, fail: Fail) => Rows;
}

/**
 * A kernel whose state depends on the order of each partition's records. It is no part of a compiled
 * function: operations are cut at it before they are compiled.
 */
export interface OrderedKernel<Args> {
  readonly operation: string;
  readonly kind: 'ordered';
  /** The slots it reads itself. */
  reads(args: Args): readonly number[];
}

/** Any kernel. Its arguments are what the planner of the same keyword wrote. */
export type Kernel = FusedKernel<never> | WholeKernel<never> | OrderedKernel<never>;
