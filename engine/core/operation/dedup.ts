/**
 * dedup: of the records with one key the first passes (O2). What is first depends on the order of
 * each partition, so a stage is cut at it: a worker runs what comes before and sends the keys, the
 * main thread keeps those it has seen and runs what comes after.
 *
 *     where │ dedup │ set            worker: where, keys    main thread: dedup, set, all that follows
 */
import type { ColumnType } from '../batch.ts';
import type { Operation, OrderedKernel } from './kernel.ts';

/** Arguments of `dedup`. */
export interface DedupArgs {
  /** The columns that make a key, in order. */
  readonly keys: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly nullable: boolean;
    readonly slot: number;
  }[];
  /** Event time that a key is remembered for, ms. */
  readonly withinMs: number;
  /** Length of the frame that it reads. */
  readonly slots: number;
  /** Of these slots the ones that anything after it reads, ascending: they cross the thread. */
  readonly carries: readonly number[];
}

/** The kernel. */
export const dedup: OrderedKernel<DedupArgs> = {
  operation: 'dedup',
  kind: 'ordered',
  reads: ({ keys }) => keys.map(({ slot }) => slot),
};

/** A stage's operations on both sides of its dedup. */
export interface CutOperations {
  readonly before: readonly Operation[];
  readonly args: DedupArgs;
  readonly after: readonly Operation[];
}

/** Cuts operations at their dedup; null when there is none. */
export function cutAtDedup(operations: readonly Operation[]): CutOperations | null {
  const at = operations.findIndex(({ operation }) => operation === dedup.operation);
  if (at < 0) return null;
  return {
    before: operations.slice(0, at),
    args: operations[at]?.args as DedupArgs,
    after: operations.slice(at + 1),
  };
}
