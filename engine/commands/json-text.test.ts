import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText } from './json-text.ts';

describe('JSON for people', () => {
  test('puts on one line what fits', () => {
    expect(jsonText({ a: [1, 2], b: { c: null } })).toBe('{ "a": [1, 2], "b": { "c": null } }\n');
    expect(jsonText({ name: 'x', list: [{ a: 1 }, { a: 2 }], none: undefined }, 20)).toBe(
      '{\n  "name": "x",\n  "list": [\n    { "a": 1 },\n    { "a": 2 }\n  ]\n}\n',
    );
  });

  test('reads back as what it was, and has no line that could have been broken', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 10, max: 60 }), (data, width) => {
        const text = jsonText(data, width);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
        for (const line of text.split('\n')) {
          // What is left too long is one value, with its key.
          const several = /^ *("(?:[^"\\]|\\.)*": )?(\[.+\]|\{.+\}),?$/.test(line);
          if (several) expect(line.length).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});
