/**
 * UTF-8 as the Unicode Standard defines it (table 3-7): no overlong forms, no surrogates, nothing
 * above U+10FFFF.
 */

/** Length (2–4) of the well-formed sequence at `p`, whose first byte is above 0x7f; 0 if it is not. */
export function sequenceLength(bytes: Uint8Array, p: number, to: number): number {
  const first = bytes[p] as number;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (p + length > to) return 0;
  const second = bytes[p + 1] as number;
  if (second < leastSecond(first) || second > greatestSecond(first)) return 0;
  if (length > 2 && ((bytes[p + 2] as number) & 0xc0) !== 0x80) return 0;
  return length === 4 && ((bytes[p + 3] as number) & 0xc0) !== 0x80 ? 0 : length;
}

const leastSecond = (first: number): number =>
  first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
const greatestSecond = (first: number): number =>
  first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;

/** Writes a code point at `p`, returns the position after it. Room for 4 bytes is the caller's. */
export function writeCodePoint(bytes: Uint8Array, p: number, code: number): number {
  if (code < 0x80) {
    bytes[p++] = code;
    return p;
  }
  if (code < 0x800) {
    bytes[p++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      bytes[p++] = 0xe0 | (code >> 12);
    } else {
      bytes[p++] = 0xf0 | (code >> 18);
      bytes[p++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[p++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[p++] = 0x80 | (code & 0x3f);
  return p;
}

/** Whether bytes[from, to) are well-formed throughout. O(to − from). */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to;) {
    const length = (bytes[at] as number) < 0x80 ? 1 : sequenceLength(bytes, at, to);
    if (length === 0) return false;
    at += length;
  }
  return true;
}
