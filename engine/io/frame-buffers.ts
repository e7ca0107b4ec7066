/**
 * The buffers of large frames, used again and again: large ones are costly to get (their pages
 * must be cleared) and to get rid of (each counts towards the next garbage collection, on both sides
 * of the thread).
 */

/** Smaller frames are no matter; larger ones come in steps of it. */
const STEP_BYTES = 1 << 20;
/** Kept for frames to come, at most. */
const MOST_KEPT = 6;
/** A buffer is too large for a frame of less than this share of it. */
const LEAST_SHARE = 1 / 4;

const kept: ArrayBuffer[] = [];

/** Takes back a buffer that nobody reads any more. */
export function recycleBuffer(buffer: ArrayBuffer): void {
  if (buffer.byteLength < STEP_BYTES) return;
  if (kept.length === MOST_KEPT) kept.shift();
  kept.push(buffer);
}

/** A buffer of `size` bytes or more; what is in it is undefined. */
export function bufferFor(size: number): ArrayBuffer {
  if (size < STEP_BYTES) return new ArrayBuffer(size);
  const fits = ({ byteLength }: ArrayBuffer): boolean =>
    byteLength >= size && byteLength * LEAST_SHARE <= size;
  const at = kept.findIndex(fits);
  const [found] = at < 0 ? [] : kept.splice(at, 1);
  return found ?? new ArrayBuffer(Math.ceil(size / STEP_BYTES) * STEP_BYTES);
}
