/**
 * Tables of what a byte means in JSON text. Indexed by byte value; read in the hot loops.
 */

const table = (classOf: (byte: number) => number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => classOf(byte));

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** 1 for space, tab, line feed and carriage return. */
export const SPACE = table((byte) => (isSpace(byte) ? 1 : 0));

/** 1 for bytes that may be part of a number or word: all but space and `, : " [ ] { }`. */
export const SCALAR = table((byte) =>
  isSpace(byte) || [0x2c, 0x3a, 0x22, 0x5b, 0x5d, 0x7b, 0x7d].includes(byte) ? 0 : 1,
);

/** Inside a string: 0 ordinary ASCII, 1 the closing quote, 2 a backslash, 3 control, 4 not ASCII. */
export const TEXT = table((byte) => {
  if (byte === 0x22) return 1;
  if (byte === 0x5c) return 2;
  if (byte < 0x20) return 3;
  return byte > 0x7f ? 4 : 0;
});

/** Inside an array or object nobody reads: 1 quote, 2 `[`, 3 `{`, 4 `]`, 5 `}`, 0 all else. */
export const NESTING = table((byte) =>
  Math.max(0, [-1, 0x22, 0x5b, 0x7b, 0x5d, 0x7d].indexOf(byte)),
);
