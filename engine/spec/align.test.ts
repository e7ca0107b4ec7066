import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import type { Scalar } from 'yaml';
import { alignScalar } from './align.ts';
import type { ScalarStyle } from './align.ts';

const isSpace = (char: string): boolean => /[ \t\r\n]/.test(char);

/** What the source says at an offset: a character, or the one an escape stands for. */
function characterAt(source: string, at: number, style: ScalarStyle): string {
  if (style === 'single' && source.startsWith("''", at)) return "'";
  if (style !== 'double' || source[at] !== '\\') return source[at] ?? '';
  const hex = /^\\(?:x(..)|u(....)|U(........))/.exec(source.slice(at));
  const digits = hex?.[1] ?? hex?.[2] ?? hex?.[3];
  if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
  const named = new Map([
    ['n', '\n'],
    ['t', '\t'],
    ['r', '\r'],
    ['b', '\b'],
    ['0', '\0'],
    ['e', '\u001b'],
    ['a', '\u0007'],
    ['f', '\f'],
    ['v', '\v'],
    ['_', '\u00a0'],
    ['N', '\u0085'],
    ['L', '\u2028'],
    ['P', '\u2029'],
  ]);
  const letter = source[at + 1] ?? '';
  return named.get(letter) ?? letter;
}

const styles = [
  ['PLAIN', 'plain'],
  ['QUOTE_SINGLE', 'single'],
  ['QUOTE_DOUBLE', 'double'],
  ['BLOCK_LITERAL', 'plain'],
  ['BLOCK_FOLDED', 'plain'],
] as const;

describe('alignScalar', () => {
  test('finds every character that is not white space, however the scalar is written', () => {
    const words = fc
      .array(
        fc.oneof(
          fc.stringMatching(/^[a-z0-9(),'"\\ \n:#{}é]{1,30}$/),
          fc.constant('𝒳 y'),
          fc.constant('\u0007'),
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(words, fc.constantFrom(...styles), (text, [type]) => {
        const source = stringify(
          { key: text },
          { defaultStringType: type, defaultKeyType: 'PLAIN', lineWidth: 24 },
        );
        const node = parseDocument(source).get('key', true) as Scalar<string>;
        fc.pre(node.value === text && node.range !== null && node.range !== undefined);
        const { style, from, to } = innerOf(node, source);
        const inner = source.slice(from, to);
        const offsets = alignScalar(text, inner, style);
        for (let i = 0; i < text.length; i++) {
          const char = text[i] ?? '';
          if (isSpace(char)) continue;
          const found = characterAt(inner, offsets[i] ?? -1, style);
          // Halves of an astral character stand at its escape, or side by side.
          expect(found.includes(char), `${JSON.stringify(char)} of ${source}`).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('an empty scalar ends where it begins', () => {
    expect([...alignScalar('', '', 'plain')]).toEqual([0]);
  });

  test('doubled single quotes and escapes count as one character', () => {
    expect([...alignScalar("a'b", "a''b", 'single')]).toEqual([0, 1, 3, 4]);
    expect([...alignScalar('a"b', 'a\\"b', 'double')]).toEqual([0, 1, 3, 4]);
    expect([...alignScalar('aéb', 'a\\u00e9b', 'double')]).toEqual([0, 1, 7, 8]);
  });
});

function innerOf(
  node: Scalar<string>,
  source: string,
): { style: ScalarStyle; from: number; to: number } {
  const [from = 0, to = 0] = node.range ?? [];
  const style = styles.find(([type]) => type === node.type)?.[1] ?? 'plain';
  if (style !== 'plain') return { style, from: from + 1, to: to - 1 };
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  return { style, from: isBlock ? source.indexOf('\n', from) + 1 : from, to };
}
