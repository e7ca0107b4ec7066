import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrayTypeOf, elementOf, parseArray } from './array.ts';
import { HEADERS_TYPE, headerFinder, headersText } from './headers.ts';
import { readArray } from './json/array-value.ts';

const names = fc.constantFrom('a', 'b', '', 'é"\\', '{"key":"a",', 'value');
const headers = fc.array(
  fc.tuple(names, fc.option(fc.string({ unit: 'grapheme' }), { nil: null })),
  { maxLength: 6 },
);

test('a cell of headers is written as one that is read from JSON', () => {
  expect(HEADERS_TYPE).toBe('array<{ key: string!, value: string }>');
  expect(arrayTypeOf(elementOf(HEADERS_TYPE))).toBe(HEADERS_TYPE);
  fc.assert(
    fc.property(headers, (all) => {
      const text = headersText(all);
      expect(readArray(elementOf(HEADERS_TYPE), JSON.parse(text) as unknown[])).toBe(text);
      expect(parseArray(text)).toEqual(all.map(([key, value]) => ({ key, value })));
    }),
  );
});

test('of several headers of a name the last one is found; one that is null, or not there, is null', () => {
  fc.assert(
    fc.property(headers, names, (all, name) => {
      const found = all.filter(([each]) => each === name).at(-1)?.[1] ?? null;
      expect(headerFinder(name)(headersText(all))).toBe(found);
    }),
  );
});
