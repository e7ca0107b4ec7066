/** Elements of one array at most that are told apart behind rows that have numbers already. */
const MOST_ELEMENTS = 2 ** 16;

/**
 * The number of each row among those that an explode made of one, `from[r]`, from 0 on: what tells rows
 * of one record apart (O1, R6). Where the rows before had numbers, these come first. O(rows).
 */
export function elementIndexes(from: Int32Array, before: Float64Array | null): Float64Array {
  const indexes = new Float64Array(from.length);
  let element = 0;
  for (let row = 0; row < from.length; row++) {
    element = row > 0 && from[row] === from[row - 1] ? element + 1 : 0;
    const outer = before === null ? 0 : (before[from[row] as number] as number);
    indexes[row] = outer * MOST_ELEMENTS + element;
  }
  return indexes;
}
