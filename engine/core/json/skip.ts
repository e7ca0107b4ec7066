/**
 * Passing over values nobody reads. Strings must close and brackets must match in kind; what else
 * stands inside is not looked at.
 *
 * All functions return the position after the value, or `~at` (negative) for a failure at `at`.
 */
import { NESTING, SCALAR, SPACE } from './byte-class.ts';

/** The first position at or after `p` that is no white space; never fails. */
export function skipSpace(bytes: Uint8Array, p: number, to: number): number {
  while (p < to && SPACE[bytes[p] as number] === 1) p++;
  return p;
}

/** Passes over a string; `p` is after its opening quote. */
export function skipString(bytes: Uint8Array, p: number, to: number): number {
  while (p < to) {
    const byte = bytes[p++];
    if (byte === 0x22 /* " */) return p;
    if (byte === 0x5c /* \ */) p++;
  }
  return ~to;
}

/** Passes over a number or word: one byte at least, up to the next space, comma, colon, bracket, quote. */
export function skipScalar(bytes: Uint8Array, p: number, to: number): number {
  const start = p;
  while (p < to && SCALAR[bytes[p] as number] === 1) p++;
  return p === start ? ~p : p;
}

/**
 * Passes over an array or object; `p` is at its opening bracket. The kinds of the open brackets are
 * the bits of one integer; deeper nesting than 31 goes to `skipDeep`.
 */
export function skipContainer(bytes: Uint8Array, p: number, to: number): number {
  const start = p;
  let kinds = 0;
  let depth = 0;
  while (p < to) {
    const kind = NESTING[bytes[p++] as number] as number;
    if (kind === 0) continue;
    if (kind === 1) {
      p = skipString(bytes, p, to);
      if (p < 0) return p;
    } else if (kind <= 3) {
      if (++depth > 31) return skipDeep(bytes, start, to);
      kinds = (kinds << 1) | (kind & 1);
    } else {
      if ((kinds & 1) !== (kind & 1)) return ~(p - 1);
      if (--depth === 0) return p;
      kinds >>>= 1;
    }
  }
  return ~to;
}

/** As `skipContainer`, for any depth; allocates. */
function skipDeep(bytes: Uint8Array, p: number, to: number): number {
  const open: number[] = [];
  while (p < to) {
    const kind = NESTING[bytes[p++] as number] as number;
    if (kind === 1) {
      p = skipString(bytes, p, to);
      if (p < 0) return p;
    } else if (kind === 2 || kind === 3) {
      open.push(kind + 2);
    } else if (kind !== 0) {
      if (open.pop() !== kind) return ~(p - 1);
      if (open.length === 0) return p;
    }
  }
  return ~to;
}

/** Passes over any value; `p` is at its first byte. */
export function skipValue(bytes: Uint8Array, p: number, to: number): number {
  const byte = bytes[p];
  if (p < to && byte === 0x22 /* " */) return skipString(bytes, p + 1, to);
  if (p < to && (byte === 0x7b /* { */ || byte === 0x5b) /* [ */)
    return skipContainer(bytes, p, to);
  return skipScalar(bytes, p, to);
}
