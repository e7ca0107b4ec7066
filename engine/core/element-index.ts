/** Elements of one array at most that are told apart behind rows that have numbers already. */
const MOST_ELEMENTS = 2 ** 16;

/** The number of element `element` of a row that has a number itself where `outer` is not null. */
export const elementIndex = (outer: number | null, element: number): number =>
  (outer ?? 0) * MOST_ELEMENTS + element;

/** Which of the rows that `from[row]` has become a row is, from 0 on. O(those before it). */
export function elementOf(from: Int32Array, row: number): number {
  let first = row;
  while (first > 0 && from[first - 1] === from[row]) first--;
  return row - first;
}

/**
 * The number of each row among those that an explode made of one, `from[r]`, from 0 on: what tells rows
 * of one record apart (O1, R6). Where the rows before had numbers, these come first. O(rows).
 */
export function elementIndexes(from: Int32Array, before: Float64Array | null): Float64Array {
  const indexes = new Float64Array(from.length);
  let element = 0;
  for (let row = 0; row < from.length; row++) {
    element = row > 0 && from[row] === from[row - 1] ? element + 1 : 0;
    indexes[row] = elementIndex(before?.[from[row] as number] ?? null, element);
  }
  return indexes;
}

/**
 * Numbers of rows behind input `at` of a union of so many: a record may come by several, and rows of it
 * have ids of their own (R6). Those of one record come in the order of the inputs, where nothing has numbered
 * them before. O(rows).
 */
export function inputIndexes(
  before: Float64Array | null,
  length: number,
  { at, inputs }: { readonly at: number; readonly inputs: number },
): Float64Array {
  if (before === null) return new Float64Array(length).fill(at);
  return before.map((index) => index * inputs + at);
}
