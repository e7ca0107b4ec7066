/**
 * Where the characters of a decoded YAML scalar stand in the text.
 *
 * Decoding only drops or folds white space, undoubles single quotes and resolves escapes, so a
 * greedy walk over both texts finds every character that is not white space exactly.
 */

/** How a scalar is written; block scalars count as plain, their indentation is white space. */
export type ScalarStyle = 'plain' | 'single' | 'double';

/**
 * Offsets into `source` of each character of `decoded`, plus one for its end. `source` is what
 * stands between the quotes (or the whole of a plain or block scalar). O(length of both).
 */
export function alignScalar(decoded: string, source: string, style: ScalarStyle): Int32Array {
  const offsets = new Int32Array(decoded.length + 1);
  let at = 0;
  for (let i = 0; i < decoded.length; i++) {
    const char = decoded[i] ?? '';
    if (isSpace(char)) {
      offsets[i] = at;
      at += spaceWidth(source, at, style);
      continue;
    }
    at = skipSpace(source, at, style);
    offsets[i] = at;
    const width = unitWidth(source, at, style);
    // An escape of an astral character decodes to two units: both stand at the escape.
    const pair = width === 10 && isHighSurrogate(char) && i + 1 < decoded.length;
    if (pair) offsets[++i] = at;
    at += width;
  }
  offsets[decoded.length] = Math.min(at, source.length);
  return offsets;
}

const isSpace = (char: string): boolean =>
  char === ' ' || char === '\n' || char === '\t' || char === '\r';

const isHighSurrogate = (char: string): boolean => char >= '\ud800' && char <= '\udbff';

/** Skips white space, and in double quotes the escapes that stand for it or join lines. */
function skipSpace(source: string, from: number, style: ScalarStyle): number {
  let at = from;
  while (at < source.length) {
    const width = spaceWidth(source, at, style);
    if (width === 0) break;
    at += width;
  }
  return at;
}

/** Length of what stands for white space, or joins lines, at `at`; 0 if nothing does. */
function spaceWidth(source: string, at: number, style: ScalarStyle): number {
  if (isSpace(source[at] ?? '')) return 1;
  if (style !== 'double') return 0;
  const escape = /\\(?:[ tnr\t]|\r?\n|x(?:09|0[aAdD]|20)|u00(?:09|0[aAdD]|20))/y;
  escape.lastIndex = at;
  return escape.exec(source)?.[0].length ?? 0;
}

const escapeWidths: ReadonlyMap<string, number> = new Map([
  ['x', 4],
  ['u', 6],
  ['U', 10],
]);

/** How many units of the source one decoded character takes. */
function unitWidth(source: string, at: number, style: ScalarStyle): number {
  if (style === 'single' && source[at] === "'" && source[at + 1] === "'") return 2;
  if (style === 'double' && source[at] === '\\') return escapeWidths.get(source[at + 1] ?? '') ?? 2;
  return 1;
}
