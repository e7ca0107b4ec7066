/** The elements of a JSON array as ranges of its bytes: what stands between its commas, whatever that is. */

const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const CLOSING = 0x5d;

/** What a byte means outside of strings: 1 opens, 2 closes, 3 a comma, 4 a quote. */
const KIND = new Uint8Array(256);
KIND[0x5b] = KIND[0x7b] = 1;
KIND[CLOSING] = KIND[0x7d] = 2;
KIND[COMMA] = 3;
KIND[QUOTE] = 4;

/**
 * The position of the `,` or `]` that ends the element which begins at `at`, −1 when it does not end
 * before `stop`. Brackets are counted, not matched: what is within is for the scan to judge.
 */
export function elementEnd(bytes: Uint8Array, at: number, stop: number): number {
  let depth = 0;
  for (; at < stop; at++) {
    const kind = KIND[bytes[at] as number];
    if (kind === 0) continue;
    if (kind === 4) at = stringEnd(bytes, at + 1, stop);
    else if (kind === 1) depth++;
    else if (depth > 0) depth -= kind === 2 ? 1 : 0;
    else if (bytes[at] === COMMA || bytes[at] === CLOSING) return at;
  }
  return -1;
}

/** Whether an element that ends at `at` is the last one. */
export const isLastElement = (bytes: Uint8Array, at: number): boolean => bytes[at] === CLOSING;

/** The first position in bytes[from, to) that is no white space; `to` when there is none. */
export function skipBlank(bytes: Uint8Array, from: number, to: number): number {
  while (from < to && isBlank(bytes[from])) from++;
  return from;
}

/** The end of bytes[from, to) without the white space there. */
export function trimBlank(bytes: Uint8Array, from: number, to: number): number {
  while (to > from && isBlank(bytes[to - 1])) to--;
  return to;
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The closing quote of a string whose opening one is before `at`, or `stop`. */
function stringEnd(bytes: Uint8Array, at: number, stop: number): number {
  for (; at < stop; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] === BACKSLASH) at++;
  }
  return stop;
}
