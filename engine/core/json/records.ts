/** Records as ranges of bytes; a negative start is no record. */
export interface Records {
  readonly length: number;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
}
