/**
 * Spark SQL's `hash`: Murmur3 x86 32-bit over the bytes of each value, the hash so far as seed, 42
 * first (org.apache.spark.unsafe.hash.Murmur3_x86_32, whose tail of a text differs from the original:
 * every byte left over is mixed as an int). Results are ints.
 */

const bits = new DataView(new ArrayBuffer(8));

/** Hash of an int or bool. */
export function hashInt(value: number, seed: number): number {
  return finish(mix(seed, value | 0), 4);
}

/** Hash of a long. */
export function hashLong(value: number, seed: number): number {
  const high = Math.floor(value / 2 ** 32);
  return hashHalves(value - high * 2 ** 32, high, seed);
}

/** Hash of a timestamp, as Spark's microseconds. */
export function hashTimestamp(epochMs: number, seed: number): number {
  // Microseconds may need more than 53 bits: halves are multiplied apart.
  const high = Math.floor(epochMs / 2 ** 32);
  const low = (epochMs - high * 2 ** 32) * 1000;
  return hashHalves(low % 2 ** 32, high * 1000 + Math.floor(low / 2 ** 32), seed);
}

/** Hash of a float. −0 is as 0. */
export function hashFloat(value: number, seed: number): number {
  bits.setFloat32(0, value + 0);
  return hashInt(bits.getInt32(0), seed);
}

/** Hash of a double. −0 is as 0. */
export function hashDouble(value: number, seed: number): number {
  bits.setFloat64(0, value + 0);
  return hashHalves(bits.getInt32(4), bits.getInt32(0), seed);
}

/** Hash of a text's UTF-8 bytes; an unpaired surrogate counts as U+FFFD. O(length). */
export function hashText(text: string, seed: number): number {
  let hash = seed;
  let word = 0;
  let length = 0;
  const add = (byte: number): void => {
    word |= byte << ((length & 3) * 8);
    if ((++length & 3) !== 0) return;
    hash = mix(hash, word);
    word = 0;
  };
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number;
    if (point > 0xffff) i++;
    addUtf8(point, add);
  }
  for (let i = 0; i < (length & 3); i++) hash = mix(hash, (word << (24 - i * 8)) >> 24);
  return finish(hash, length);
}

/** Hash of UTF-8 bytes [from, to): that of the text they are. O(length). */
export function hashBytes(bytes: Uint8Array, from: number, to: number, seed: number): number {
  const byte = (at: number): number => bytes[at] as number;
  let hash = seed;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    hash = mix(hash, word);
  }
  for (; at < to; at++) hash = mix(hash, (byte(at) << 24) >> 24);
  return finish(hash, to - from);
}

function addUtf8(point: number, add: (byte: number) => void): void {
  const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  if (code < 0x80) {
    add(code);
    return;
  }
  if (code < 0x800) add(0xc0 | (code >> 6));
  else {
    if (code < 0x10000) add(0xe0 | (code >> 12));
    else {
      add(0xf0 | (code >> 18));
      add(0x80 | ((code >> 12) & 63));
    }
    add(0x80 | ((code >> 6) & 63));
  }
  add(0x80 | (code & 63));
}

const hashHalves = (low: number, high: number, seed: number): number =>
  finish(mix(mix(seed, low | 0), high | 0), 8);

function mix(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
