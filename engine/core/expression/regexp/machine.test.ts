import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternProblem, regexpMatcher } from './machine.ts';

const finds = (pattern: string, text: string): boolean => regexpMatcher(pattern)(text);

describe('finds what JavaScript finds', () => {
  const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\.', '^', '$');
  const { pattern } = fc.letrec((tie) => ({
    atom: fc.oneof(
      { arbitrary: atom, weight: 4 },
      tie('pattern').map((inner) => `(?:${String(inner)})`),
    ),
    piece: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{1,}', '*?'))
      .map(([one, many]) => (one === '^' || one === '$' ? one : `${String(one)}${many}`)),
    sequence: fc.array(tie('piece'), { maxLength: 4 }).map((parts) => parts.join('')),
    pattern: fc
      .array(tie('sequence'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('|')),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '\n'), maxLength: 8 });

  test('for random patterns over random texts', () => {
    const property = fc.property(pattern, fc.array(text), (source, texts) => {
      const ours = regexpMatcher(source);
      const theirs = new RegExp(source);
      for (const one of texts) expect(ours(one), `${source} in ${one}`).toBe(theirs.test(one));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

test.each([
  ['[^a ]$', 'ab😀', true],
  ['^.$', '😀', true],
  ['^a.c$', 'a\nc', false],
  ['^[\\w.-]+@[\\w-]+\\.\\w{2,}$', 'a.b@c-d.org', true],
  ['^[\\w.-]+@[\\w-]+\\.\\w{2,}$', 'a.b@c-d.o', false],
  ['^[\\u0041-Z]\\x41$', 'BA', true],
  ['[]a]', ']', true],
  ['[a-]', '-', true],
  ['[\\]]', ']', true],
  ['[\\D]', '1', false],
  ['[\\D1]', '1', true],
  ['\\s\\S', '\t.', true],
  ['a{0}b', 'b', true],
  ['(a|b)+c', 'ababc', true],
  ['$^', '', true],
  ['$^', 'a', false],
  ['', 'x', true],
])('%s in %s: %s', (pattern, text, found) => {
  expect(finds(pattern, text)).toBe(found);
});

test.each([
  ['(', 'a closing ) is missing'],
  ['a)', 'a closing ) has no opening one'],
  ['[a', 'the pattern ends too early'],
  ['*a', 'nothing stands before *'],
  ['a**b+?c++', 'possessive quantifiers are not supported'],
  ['(?=a)', 'of (?…) only (?:…) is supported'],
  ['(?i)a', 'of (?…) only (?:…) is supported'],
  ['(a)\\1', 'back references are not supported'],
  ['\\bword', '\\b is not supported'],
  ['\\p{L}', '\\p is not supported'],
  ['a{2,1}', '{2,1} counts down'],
  ['a{x}', 'write \\{ for a curly bracket'],
  ['[b-a]', 'a range in […] goes down'],
  ['[a[b]]', 'write \\[ inside of […]'],
  ['\\u00', '4 hexadecimal digits are expected'],
  ['(a{1000}){1000}', 'the pattern is too large'],
  ['('.repeat(100), 'the pattern is nested too deeply'],
])('%s is refused: %s', (pattern, message) => {
  expect(patternProblem(pattern)).toBe(message);
});

test('patterns that blow up elsewhere stay linear', () => {
  const text = `${'a'.repeat(50_000)}!`;
  for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*)*x', '^(([a-z])+.)+[A-Z]$']) {
    expect(finds(pattern, text)).toBe(false);
  }
});

test('what is remembered is bounded, and forgetting changes nothing', () => {
  const matches = regexpMatcher('[一-鿿]x');
  const text = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(0x4e00 + (i % 20_000)));
  expect(matches(text.join(''))).toBe(false);
  expect(matches(`${text.join('')}x`)).toBe(true);
});
