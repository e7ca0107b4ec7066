import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openColumns } from './columns.ts';
import { BAD_TEXT, checkString, decodeText, ESCAPED, plainText } from './text.ts';
import { sequenceLength } from './utf8.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

function isValid(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Bytes that come close to being valid. */
const nearly = fc.array(
  fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xef,
    0xf0,
    0xf1,
    0xf4,
    0xf5,
    0xff,
  ),
  { maxLength: 5 },
);

describe('UTF-8', () => {
  it('is valid exactly where a fatal decoder takes it', () => {
    fc.assert(
      fc.property(nearly, (inner) => {
        const bytes = Uint8Array.of(...inner, 0x22);
        const isText = isValid(Uint8Array.from(inner));
        expect(plainText(bytes, 0, bytes.length)).toBe(isText ? inner.length : BAD_TEXT);
        expect(checkString(bytes, 0, bytes.length) >= 0).toBe(isText);
      }),
      { numRuns: 5000 },
    );
  });

  it('has sequences for all first and second bytes that it should', () => {
    for (let first = 0x80; first <= 0xff; first++) {
      for (let second = 0; second <= 0xff; second++) {
        const length = sequenceLength(Uint8Array.of(first, second, 0x80, 0x80), 0, 4);
        const valid = [2, 3, 4].find((n) =>
          isValid(Uint8Array.of(first, second, 0x80, 0x80).subarray(0, n)),
        );
        expect(length).toBe(valid ?? 0);
      }
    }
  });
});

describe('strings', () => {
  it('end at the first quote that no backslash escapes', () => {
    const bytes = new TextEncoder().encode('a\\"b"c"');
    expect(plainText(bytes, 0, bytes.length)).toBe(ESCAPED);
    expect(checkString(bytes, 0, bytes.length)).toBe(5);
    expect(checkString(bytes, 0, 4)).toBe(~4);
  });

  it('decode to what JSON.parse gives, whatever they hold', () => {
    const units = fc.array(
      fc.oneof(
        fc.constantFrom(
          '\\n',
          '\\/',
          '\\"',
          '\\u0000',
          '\\uD83D',
          '\\uDE00',
          '\\u00E9',
          '\\u2028',
          'x',
          'é',
          '😀',
        ),
        fc
          .string({ unit: 'grapheme', maxLength: 3 })
          .map((text) => JSON.stringify(text).slice(1, -1)),
      ),
    );
    fc.assert(
      fc.property(units, (parts) => {
        const quoted = `${parts.join('')}"`;
        const columns = openColumns([], 0);
        columns.bytes = new TextEncoder().encode(quoted);
        const end = decodeText(columns, 0, columns.bytes.length);
        expect(end).toBe(columns.bytes.length);
        const text = strict.decode(columns.heap.subarray(0, columns.heapBytes));
        expect(text).toBe(
          (JSON.parse(`"${quoted}`) as string).toWellFormed().replace(/^\ufeff/, ''),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused for what is no escape', () => {
    for (const inner of ['\\', '\\x', '\\u12', '\\u12g4', '\\U0041', '\u0000', 'a\u001f']) {
      const columns = openColumns([], 0);
      columns.bytes = new TextEncoder().encode(`${inner}"`);
      expect(decodeText(columns, 0, columns.bytes.length)).toBe(BAD_TEXT);
    }
  });
});
