/** Pairs of rows: `from[i]` goes into `into[i]`, for i in [0, count). */
export interface RowPairs {
  readonly into: Int32Array;
  readonly from: Int32Array;
  readonly count: number;
}
