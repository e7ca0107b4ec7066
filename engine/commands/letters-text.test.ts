import { describe, expect, it } from 'vitest';
import type { KeptLetter } from '../io/dead-letter/kept-letter.ts';
import { countsText, letterLine, letterText } from './letters-text.ts';

const letter = (change: Partial<KeptLetter> = {}): KeptLetter => ({
  ...{ id: '[1]', code: 'DECODE', reason: 'unexpected end', pipeline: 't', stage: 'readings' },
  ...{
    source: 'readings',
    partition: 2,
    offset: 17,
    timestamp: 1_711_580_400_000,
    index: null,
    file: null,
  },
  ...{ key: Buffer.from('Brest'), value: Buffer.from('{"a":') },
  ...change,
});

describe('a dead letter for a person', () => {
  it('says which row of its record it is of', () => {
    expect(letterText(letter({ index: 3 }))).toMatch(
      /^readings 2@17 \(row 3 of the record\)  2024/,
    );
  });

  it('says where its record is and what is wrong with it, then shows its bytes', () => {
    expect(letterText(letter())).toBe(
      'readings 2@17  2024-03-27T23:00:00Z  DECODE  at readings: unexpected end\n    Brest\n    {"a":\n',
    );
  });

  it('says where in a file its record begins', () => {
    const file = { path: 'in/a.csv', byte: 1000 };
    expect(letterText(letter({ file, timestamp: null }))).toMatch(
      /^readings 2@17 {2}in\/a.csv at byte 1000 {2}DECODE {2}/,
    );
    expect(JSON.parse(letterLine(letter({ file })))).toMatchObject({
      file: 'in/a.csv',
      byte: 1000,
    });
  });

  it('cannot steer the terminal, and shows bytes that are no text as base64', () => {
    const text = letterText(letter({ value: Buffer.from('a\u001b[2Jb\nc'), key: null }));
    expect(text).toContain('    a\\u001b[2Jb\\nc\n');
    expect(letterText(letter({ value: Buffer.from([0xff]) }))).toContain('    base64:/w==\n');
  });

  it('may be of a row of a window, or of a record too large to be kept', () => {
    const row = { partition: -1, offset: -1, source: 'tens', timestamp: null };
    expect(letterText(letter(row))).toMatch(/^row of tens {2}DECODE/);
    expect(letterText(letter({ value: null }))).toContain('(too large to be kept)');
  });

  it('is a line of JSON, with base64 for what is no text', () => {
    expect(JSON.parse(letterLine(letter({ key: Buffer.from([0xff]) })))).toEqual({
      ...{ id: '[1]', code: 'DECODE', reason: 'unexpected end', pipeline: 't', stage: 'readings' },
      ...{ source: 'readings', partition: 2, offset: 17, index: null },
      timestamp: '2024-03-27T23:00:00Z',
      ...{ key_base64: '/w==', value: '{"a":' },
    });
  });

  it('is counted by code and stage', () => {
    expect(countsText([{ code: 'LATE', stage: 'tens', letters: 1234 }])).toBe(
      'code  stage  letters\nLATE  tens     1,234\n',
    );
  });
});
