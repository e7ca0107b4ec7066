/** Byte arrays of unlike lengths in one. */

/** A column of byte arrays: −1 (no array) or the length of each row, then all rows in a row. */
export interface Packed {
  readonly lengths: Int32Array;
  readonly bytes: Uint8Array;
}

/** The first `length` rows, each as `bytesOf` says; null for none. */
export function packed(length: number, bytesOf: (row: number) => Uint8Array | null): Packed {
  const lengths = new Int32Array(length).fill(-1);
  const pieces: Uint8Array[] = [];
  for (let row = 0; row < length; row++) {
    const piece = bytesOf(row);
    if (piece === null) continue;
    pieces.push(piece);
    lengths[row] = piece.length;
  }
  return { lengths, bytes: joined(pieces) };
}

/** All pieces, one after the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The bytes of a column: a view. */
export const columnBytes = ({
  buffer,
  byteOffset,
  byteLength,
}: Float64Array | Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
