/** Copies selected rows out of a frame into vectors of their own, ready to change owner. */
import type { NumberVector, Selection, TextVector, Vector, BytesVector } from './batch.ts';

/** The vector at each of `slots`, restricted to the selected rows. O(rows · slots + text bytes). */
export function gather(
  vectors: readonly (Vector | undefined)[],
  slots: readonly number[],
  selection: Selection,
): Vector[] {
  return slots.map((slot) => {
    const vector = vectors[slot];
    if (vector === undefined) throw new Error(`no vector in slot ${String(slot)}`);
    if (vector.kind === 'number') return gatherNumbers(vector, selection);
    return vector.kind === 'text' ? gatherText(vector, selection) : gatherBytes(vector, selection);
  });
}

/** `values` restricted to the selected rows. */
export function gatherValues(values: Float64Array, { rows, count }: Selection): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = values[rows[i] as number] as number;
  return out;
}

function gatherNumbers(vector: NumberVector, selection: Selection): NumberVector {
  const values = gatherValues(vector.values, selection);
  if (vector.valid === null) return { kind: 'number', values, valid: null };
  const { rows, count } = selection;
  const valid = new Uint8Array(count);
  for (let i = 0; i < count; i++) valid[i] = vector.valid[rows[i] as number] as number;
  return { kind: 'number', values, valid };
}

function gatherText(vector: TextVector, { rows, count }: Selection): TextVector {
  const values = new Array<string | null>(count);
  for (let i = 0; i < count; i++) values[i] = vector.values[rows[i] as number] ?? null;
  return { kind: 'text', values };
}

function gatherBytes(vector: BytesVector, { rows, count }: Selection): BytesVector {
  let size = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const from = vector.start[row] as number;
    if (from >= 0) size += (vector.end[row] as number) - from;
  }
  const bytes = new Uint8Array(size);
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const from = vector.start[row] as number;
    const to = vector.end[row] as number;
    start[i] = from < 0 ? -1 : at;
    // Cells are short: a byte loop beats the set-up cost of subarray and set.
    if (from >= 0) for (let b = from; b < to; b++) bytes[at++] = vector.bytes[b] as number;
    end[i] = at;
  }
  return { kind: 'bytes', bytes, start, end };
}
