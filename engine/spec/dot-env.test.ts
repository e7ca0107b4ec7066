import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDotEnv } from './dot-env.ts';

const read = (text: string): Record<string, string> => Object.fromEntries(parseDotEnv(text));

describe('parseDotEnv', () => {
  test('reads plain lines, comments and empty values', () => {
    expect(read('# keys\nA=1\n\nB = two words \nC=\nD=x # y\nE=a#b\n')).toEqual({
      A: '1',
      B: 'two words',
      C: '',
      D: 'x',
      E: 'a#b',
    });
  });

  test('reads the form shells do: export NAME = "value"', () => {
    expect(read('export API_KEY = "abc"\n')).toEqual({ API_KEY: 'abc' });
  });

  test('single quotes keep all as it is, double quotes know escapes and lines', () => {
    expect(read(`A='a\\n#b'\nB="a\\n\\"b\\"#c"\nC="two\nlines"\nD=1`)).toEqual({
      A: 'a\\n#b',
      B: 'a\n"b"#c',
      C: 'two\nlines',
      D: '1',
    });
  });

  test('takes Windows lines, and the last of two values', () => {
    expect(read('A=1\r\nB=2\r\nA=3\r\n')).toEqual({ A: '3', B: '2' });
  });

  test('skips what is no assignment', () => {
    expect(read('hello\n1A=2\n=3\nB\n C=4')).toEqual({ C: '4' });
  });

  test('takes any text, and any value in single quotes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseDotEnv(text)));
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.includes("'"));
        expect(parseDotEnv(`A='${value}'\nB=1`).get('A')).toBe(value);
      }),
    );
  });
});
