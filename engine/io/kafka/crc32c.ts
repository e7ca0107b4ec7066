/**
 * CRC-32C (Castagnoli), which Kafka's record batches carry: eight bytes at a time by eight tables (M.
 * Kounavis, F. Berry, "A Systematic Approach to Building High Performance Software-Based CRC
 * Generators", 2005).
 */

import { endianness } from 'node:os';

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Table s, at s · 256: what a byte does to the sum when s more bytes follow it. */
const tables = new Int32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
  tables[byte] = sum;
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256] as number;
  tables[at] = (before >>> 8) ^ (tables[before & 255] as number);
}

const one = (slice: number, byte: number): number => tables[slice * 256 + byte] as number;

/** The sum of bytes[from, to), 32 bits, not negative. O(to − from). */
export function crc32c(bytes: Buffer, from: number, to: number): number {
  // Words of a typed array lie at multiples of their size.
  const aligned = Math.min(to, from + (-(bytes.byteOffset + from) & 3));
  const pairs = IS_LITTLE_ENDIAN ? Math.floor((to - aligned) / SLICES) : 0;
  const words = new Int32Array(
    bytes.buffer,
    pairs === 0 ? 0 : bytes.byteOffset + aligned,
    2 * pairs,
  );
  let sum = bytewise(-1, bytes, from, aligned);
  for (let at = 0; at < words.length; at += 2) {
    const low = sum ^ (words[at] as number);
    const high = words[at + 1] as number;
    sum =
      one(7, low & 255) ^
      one(6, (low >>> 8) & 255) ^
      one(5, (low >>> 16) & 255) ^
      one(4, low >>> 24) ^
      one(3, high & 255) ^
      one(2, (high >>> 8) & 255) ^
      one(1, (high >>> 16) & 255) ^
      one(0, high >>> 24);
  }
  return ~bytewise(sum, bytes, aligned + SLICES * pairs, to) >>> 0;
}

function bytewise(before: number, bytes: Buffer, from: number, to: number): number {
  let sum = before;
  for (let at = from; at < to; at++)
    sum = (sum >>> 8) ^ one(0, (sum ^ (bytes[at] as number)) & 255);
  return sum;
}
