/** Scratch space for pairs of rows, used again and again. */
import type { RowPairs } from '../aggregate/accumulator.ts';

/** Pairs that are filled, handed to a merge, and filled anew. */
export class PairBuffer implements RowPairs {
  into = new Int32Array(256);
  from = new Int32Array(256);
  count = 0;

  /** Empties the buffer and makes room for `capacity` pairs. */
  reset(capacity: number): void {
    this.count = 0;
    if (capacity <= this.into.length) return;
    this.into = new Int32Array(capacity * 2);
    this.from = new Int32Array(capacity * 2);
  }

  /** Appends a pair; room was made by `reset`. */
  push(into: number, from: number): void {
    this.into[this.count] = into;
    this.from[this.count] = from;
    this.count++;
  }
}
