import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPieces, variableNames } from './variables.ts';

describe('readPieces', () => {
  test('tells text from variables, their defaults and their complaints', () => {
    expect(readPieces('a${B}c${D:-e}${F:?g}')).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'variable', name: 'B', fallback: null, complaint: null, from: 1, to: 5 },
      { kind: 'text', text: 'c' },
      { kind: 'variable', name: 'D', fallback: 'e', complaint: null, from: 6, to: 13 },
      { kind: 'variable', name: 'F', fallback: null, complaint: 'g', from: 13, to: 20 },
    ]);
  });

  test('$${ is the text ${', () => {
    expect(readPieces('$${A}')).toEqual([{ kind: 'text', text: '${A}' }]);
  });

  test('a default may hold variables', () => {
    expect(readPieces('${A:-${B:-c}}')).toMatchObject([{ name: 'A', fallback: '${B:-c}' }]);
    expect(variableNames('${A:-${B:-c}}')).toEqual(['A', 'B']);
  });

  test.each(['${', '${}', '${1A}', '${A', '${A-b}', '${A:+b}', '${ A }'])(
    '%s is broken',
    (text) => {
      expect(readPieces(text).map(({ kind }) => kind)).toEqual(['broken']);
    },
  );

  test('text without ${ is one piece, and pieces cover the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('${'));
        expect(readPieces(text)).toEqual(text === '' ? [] : [{ kind: 'text', text }]);
      }),
    );
  });
});
