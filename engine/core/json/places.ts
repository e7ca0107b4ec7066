/** `start` of a field that is not in the record. */
export const ABSENT = -1;

/** Where the values of the fields of one record are: field f is bytes[start[f], end[f]). */
export interface Places {
  readonly start: Int32Array;
  readonly end: Int32Array;
}
