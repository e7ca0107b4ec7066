/**
 * The number of each row among those of its record, from 0 on: what tells rows of one record apart
 * (O1, R6). Rows of one record are next to each other, with its offset. O(rows).
 */
export function elementIndexes(offsets: Float64Array): Int32Array {
  const indexes = new Int32Array(offsets.length);
  for (let row = 1; row < offsets.length; row++) {
    if (offsets[row] === offsets[row - 1]) indexes[row] = (indexes[row - 1] as number) + 1;
  }
  return indexes;
}

/** `indexes` restricted to the selected rows. */
export function gatherIndexes(
  indexes: Int32Array,
  { rows, count }: { readonly rows: Int32Array; readonly count: number },
): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => indexes[rows[i] as number] as number);
}
