import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Validator } from './validate.ts';

const utf8 = new TextEncoder();

/** Whether all of `text` is one value, white space before it included. */
function accepts(text: string): boolean {
  const bytes = utf8.encode(text);
  return new Validator().value(bytes, 0, bytes.length) === bytes.length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts that are JSON, or nearly. */
const nearly = fc
  .tuple(
    fc.json({ depthSize: 'small' }),
    fc.array(
      fc.tuple(fc.nat(60), fc.nat(2), fc.constantFrom(...Array.from('"\\{}[],: 0-.e1tfn'))),
      {
        maxLength: 2,
      },
    ),
  )
  .map(([json, edits]) => {
    let text = json;
    for (const [at, cut, insert] of edits) {
      const p = at % (text.length + 1);
      text = text.slice(0, p) + insert + text.slice(p + cut);
    }
    return text.toWellFormed().trimEnd();
  });

describe('Validator', () => {
  it('accepts exactly what JSON.parse accepts', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        expect(accepts(text), text).toBe(isJson(text));
      }),
      { numRuns: 10_000 },
    );
  });

  it.each([
    '{"a":1]',
    '[1}',
    '[{]}',
    '{"a"}',
    '{"a":}',
    '{,}',
    '[,]',
    '[1,]',
    '{"a":1,}',
    '{1:2}',
    '[1 2]',
    '"a',
    'nul',
    '',
  ])('refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
  });

  it('says where a value goes wrong', () => {
    const bytes = utf8.encode('{"a":[1,x]}');
    expect(new Validator().value(bytes, 0, bytes.length)).toBe(~8);
    expect(new Validator().value(bytes, 0, 8)).toBe(~8);
  });
});
