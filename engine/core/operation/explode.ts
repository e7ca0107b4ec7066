/**
 * explode: a row for each element of an array, in the order of the array (O1). The other columns of the
 * row are the same in all of them; what the elements hold goes into columns of its own.
 *
 *     sensor  values          sensor  values     value
 *     a       [1,2]           a       [1,2]      1
 *     b       []        ──▶   a       [1,2]      2
 *     c       [3]             c       [3]        3
 */
import { elementCell, parseArray } from '../array.ts';
import { type Cell, type Frame, type ScalarType, type Vector, cellOf } from '../batch.ts';
import type { WholeKernel } from './kernel.ts';

/** A column that elements, or one member of them, go into. */
export interface ExplodedColumn {
  readonly name: string;
  readonly slot: number;
  readonly type: ScalarType;
  /** The member of a struct; null for elements that are single values. */
  readonly member: string | null;
}

/** Arguments of `explode`. */
export interface ExplodeArgs {
  /** The array: its name and slot. */
  readonly column: { readonly name: string; readonly slot: number };
  readonly take: readonly ExplodedColumn[];
  /** What becomes of a row whose array is empty or null: nothing, or one row with nulls. */
  readonly empty: 'drop' | 'null';
}

/** The kernel. O(rows that come out · columns + text of the arrays). */
export const explode: WholeKernel<ExplodeArgs> = {
  operation: 'explode',
  kind: 'whole',
  reads: ({ column }) => [column.slot],
  open({ column, take, empty }, slots) {
    return ({ frame, selection }) => {
      const array = frame.vectors[column.slot] as Vector;
      const from: number[] = [];
      const elements: unknown[] = [];
      for (let i = 0; i < selection.count; i++) {
        const row = selection.rows[i] as number;
        const text = cellOf(array, row);
        const values = text === null ? [] : parseArray(String(text));
        for (const value of values.length === 0 && empty === 'null' ? [null] : values) {
          from.push(row);
          elements.push(value);
        }
      }
      const rows = Int32Array.from(from);
      const vectors = Array.from({ length: slots }, (_, slot) => repeated(frame, slot, rows));
      for (const taken of take) vectors[taken.slot] = elementVector(taken, elements);
      const every = Int32Array.from(rows, (_, row) => row);
      return {
        frame: { vectors, length: rows.length },
        selection: { rows: every, count: rows.length },
        from: rows,
      };
    };
  },
};

/** The vector of a slot with the rows of `from` instead of its own; bytes are shared. */
function repeated({ vectors }: Frame, slot: number, from: Int32Array): Vector | undefined {
  const vector = vectors[slot];
  if (vector === undefined) return undefined;
  if (vector.kind === 'text') {
    return { kind: 'text', values: Array.from(from, (row) => vector.values[row] ?? null) };
  }
  if (vector.kind === 'bytes') {
    const { kind, bytes, start, end } = vector;
    const at = (places: Int32Array): Int32Array => from.map((row) => places[row] as number);
    return { kind, bytes, start: at(start), end: at(end) };
  }
  const { values, valid } = vector;
  return {
    kind: 'number',
    values: Float64Array.from(from, (row) => values[row] as number),
    valid: valid === null ? null : Uint8Array.from(from, (row) => valid[row] as number),
  };
}

function elementVector({ type, member }: ExplodedColumn, elements: readonly unknown[]): Vector {
  const cells = elements.map((element): Cell => {
    if (member === null || element === null) return elementCell(type, element);
    return elementCell(type, (element as Readonly<Record<string, unknown>>)[member]);
  });
  if (type === 'string') return { kind: 'text', values: cells as (string | null)[] };
  return {
    kind: 'number',
    values: Float64Array.from(cells, Number),
    valid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
  };
}
