import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeptLetter, letterOfLine, letterOfRecord } from '../io/dead-letter/kept-letter.ts';
import { letterHeaders } from '../io/dead-letter/letter-headers.ts';
import { letterJson } from '../io/dead-letter/letter-json.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { LetterBook } from './dead-letters.ts';

const letter = (id: number, change: Partial<KeptLetter> = {}): KeptLetter => ({
  ...{ id: String(id), code: 'DECODE', reason: 'r', pipeline: 't', stage: 's', source: 's' },
  ...{
    partition: 0,
    offset: id,
    index: null,
    timestamp: null,
    file: null,
    key: null,
    value: null,
    ...change,
  },
});

const letters = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    atMs: fc.integer({ min: 0, max: 5 }),
    code: fc.constantFrom('DECODE', 'LATE'),
  }),
  { maxLength: 60 },
);

describe('a book of dead letters', () => {
  it('R6: has each letter once, the newest first, whatever its limit', () => {
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 8 }), (given, limit) => {
        const book = new LetterBook({ pipeline: 't' }, limit);
        for (const { id, atMs, code } of given) book.add(letter(id, { code }), atMs);
        const first = given.filter(({ id }, i) => given.findIndex((one) => one.id === id) === i);
        const newest = first
          .map((one, number) => ({ ...one, number }))
          .toSorted((a, b) => b.atMs - a.atMs || b.number - a.number);
        expect(book.newest.map(({ id }) => Number(id))).toEqual(
          newest.slice(0, limit).map(({ id }) => id),
        );
        expect(book.size).toBe(first.length);
        expect(book.again).toBe(given.length - first.length);
        for (const { code, letters: count } of book.counts) {
          expect(count).toBe(first.filter((one) => one.code === code).length);
        }
      }),
    );
  });

  it('keeps to the code and stage that are asked for, and to its pipeline', () => {
    const book = new LetterBook({ pipeline: 't', code: 'LATE', stage: 'tens' }, 10);
    book.add(letter(1, { code: 'LATE', stage: 'tens' }), 0);
    book.add(letter(2, { code: 'LATE' }), 0);
    book.add(letter(3, { stage: 'tens' }), 0);
    book.add(letter(4, { code: 'LATE', stage: 'tens', pipeline: 'other' }), 0);
    expect(book.newest.map(({ id }) => id)).toEqual(['1']);
    expect(book.counts).toEqual([{ code: 'LATE', stage: 'tens', letters: 1 }]);
  });

  it('reads from files and topics what was written to them', () => {
    const written: DeadLetter = {
      ...{ code: 'SCHEMA', reason: 'city is no text', stage: 'readings', source: 'readings' },
      ...{ partition: 2, offset: 17, timestamp: 1000 },
      headers: [
        ['a', Buffer.from('é')],
        ['b', null],
        ['a', Buffer.from([0xff])],
      ],
      ...{ key: Buffer.from([0xff]), value: Buffer.from('{"city":1}') },
    };
    const fromFile = letterOfLine(letterJson('t', written));
    const { key, value } = fromFile ?? {};
    const record = {
      partition: 0,
      offset: 9,
      timestamp: 5,
      key: key ?? null,
      value: value ?? null,
    };
    const headers = letterHeaders('t', written).map(
      ([name, bytes]) => [name, bytes && Buffer.from(bytes)] as const,
    );
    expect(fromFile).toMatchObject({ code: 'SCHEMA', pipeline: 't', partition: 2, offset: 17 });
    expect(fromFile?.key).toEqual(written.key);
    expect(fromFile?.headers).toEqual(written.headers);
    expect(letterOfRecord({ ...record, headers })).toEqual(fromFile);
    expect(letterOfRecord({ ...record, headers: [] })).toBeNull();
    expect(letterOfLine('{"id":"cut o')).toBeNull();
  });
});
