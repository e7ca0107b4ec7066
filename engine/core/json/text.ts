/**
 * Strings that are read: found as ranges where they stand, or written anew where they hold escapes.
 */
import { TEXT } from './byte-class.ts';
import { growHeap } from './columns.ts';
import type { ScanColumns } from './columns.ts';
import { sequenceLength, writeCodePoint } from './utf8.ts';

/** Result of `plainText`: an escape comes first. */
export const ESCAPED = -1;
/** Result of `plainText` and `decodeText`: no valid text. */
export const BAD_TEXT = -2;

/** The character of a one-letter escape, by the letter; 0 for none. */
const ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const at = '"\\/bfnrt'.indexOf(String.fromCharCode(byte));
  return at < 0 ? 0 : '"\\/\b\f\n\r\t'.charCodeAt(at);
});

/** What stands for a lone surrogate: U+FFFD, as in any encoder of UTF-8. */
const REPLACEMENT = 0xfffd;

/**
 * The position of the closing quote of a string whose opening quote is before `p`; `ESCAPED` when a
 * backslash comes first, `BAD_TEXT` for control characters, invalid UTF-8 and no end.
 */
export function plainText(bytes: Uint8Array, p: number, to: number): number {
  const kinds = TEXT;
  for (;;) {
    while (p < to && kinds[bytes[p] as number] === 0) p++;
    const byte = p < to ? (bytes[p] as number) : 0;
    if (byte < 0x80) return byte === 0x22 ? p : byte === 0x5c ? ESCAPED : BAD_TEXT;
    const length = sequenceLength(bytes, p, to);
    if (length === 0) return BAD_TEXT;
    p += length;
  }
}

/** Passes over a string as strict as JSON is; `p` is after the opening quote; `~at` for a failure. */
export function checkString(bytes: Uint8Array, p: number, to: number): number {
  while (p < to) {
    const kind = TEXT[bytes[p] as number] as number;
    if (kind === 0) {
      p++;
    } else if (kind === 1) {
      return p + 1;
    } else if (kind === 2) {
      const length = escapeLength(bytes, p, to);
      if (length === 0) return ~(p + 1);
      p += length;
    } else {
      const length = kind === 4 ? sequenceLength(bytes, p, to) : 0;
      if (length === 0) return ~p;
      p += length;
    }
  }
  return ~to;
}

/** Length of the escape at `p` (2 or 6 bytes), 0 if it is none. */
function escapeLength(bytes: Uint8Array, p: number, to: number): number {
  const letter = p + 1 < to ? (bytes[p + 1] as number) : 0;
  if (letter !== 0x75 /* u */) return ESCAPE[letter] === 0 ? 0 : 2;
  return hexAt(bytes, p + 2, to) < 0 ? 0 : 6;
}

/** The four hex digits at `p`, -1 if they are not. */
function hexAt(bytes: Uint8Array, p: number, to: number): number {
  if (p + 4 > to) return -1;
  let code = 0;
  for (let i = p; i < p + 4; i++) {
    const byte = bytes[i] as number;
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) code = code * 16 + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) code = code * 16 + letter - 0x57;
    else return -1;
  }
  return code;
}

/**
 * Appends the text of a string to the heap; `p` is after the opening quote. Returns the position
 * after the closing quote, or `BAD_TEXT`; the heap may then hold a part of it.
 */
export function decodeText(columns: ScanColumns, p: number, to: number): number {
  const bytes = columns.bytes;
  const end = checkString(bytes, p, to);
  if (end < 0) return BAD_TEXT;
  growHeap(columns, end - p); // no escape is shorter than what it stands for
  const heap = columns.heap;
  let used = columns.heapBytes;
  while (p < end - 1) {
    const byte = bytes[p] as number;
    if (byte !== 0x5c /* \ */) {
      heap[used++] = byte;
      p++;
    } else if (bytes[p + 1] !== 0x75 /* u */) {
      heap[used++] = ESCAPE[bytes[p + 1] as number] as number;
      p += 2;
    } else {
      const code = codePointAt(bytes, p, end);
      used = writeCodePoint(heap, used, code);
      p += code > 0xffff ? 12 : 6;
    }
  }
  columns.heapBytes = used;
  return end;
}

/** The code point of the `\u` escape at `p`, with its second half where it is a surrogate pair. */
function codePointAt(bytes: Uint8Array, p: number, to: number): number {
  const high = hexAt(bytes, p + 2, to);
  if (high < 0xd800 || high > 0xdfff) return high;
  const paired = high < 0xdc00 && bytes[p + 6] === 0x5c && bytes[p + 7] === 0x75;
  const low = paired ? hexAt(bytes, p + 8, to) : -1;
  return low >= 0xdc00 && low <= 0xdfff
    ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
    : REPLACEMENT;
}
