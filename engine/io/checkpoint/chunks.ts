/** Bytes in portions: what is checked and written in one turn of the event loop. */

/** How large a portion may be. */
export interface ChunkLimits {
  readonly bytes: number;
  readonly parts: number;
}

/** Cuts parts, in order, into portions within the limits; a part may go over several. O(parts + portions). */
export function* chunksOf(
  parts: Iterable<Uint8Array>,
  limits: ChunkLimits,
): Generator<Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let left = limits.bytes;
  for (const part of parts) {
    for (let at = 0; at < part.byteLength;) {
      const piece = part.subarray(at, at + left);
      chunk.push(piece);
      at += piece.byteLength;
      left -= piece.byteLength;
      if (left > 0 && chunk.length < limits.parts) continue;
      yield chunk;
      chunk = [];
      left = limits.bytes;
    }
  }
  if (chunk.length > 0) yield chunk;
}
