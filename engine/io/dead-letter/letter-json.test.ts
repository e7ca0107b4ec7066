import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../workers/protocol.ts';
import type { TopicRecord } from '../kafka/topic-reader.ts';
import { letterOfLine, letterOfRecord } from './kept-letter.ts';
import { letterHeaders } from './letter-headers.ts';
import { letterId, letterJson } from './letter-json.ts';

const letter = (change: Partial<DeadLetter> = {}): DeadLetter => ({
  ...{ code: 'DECODE', reason: 'unexpected end', stage: 'readings', source: 'readings' },
  ...{ partition: 2, offset: 17, timestamp: 1000, key: null, value: Buffer.from('{"a":"é') },
  ...change,
});
const parsed = (change?: Partial<DeadLetter>): unknown =>
  JSON.parse(letterJson('weather', letter(change)));

describe('a dead letter as JSON', () => {
  it('has its id, reason, origin and the bytes as text and base64', () => {
    expect(parsed()).toEqual({
      id: '["weather","readings","readings",2,17]',
      ...{ code: 'DECODE', reason: 'unexpected end', pipeline: 'weather', stage: 'readings' },
      ...{ source: 'readings', partition: 2, offset: 17, timestamp: 1000, key: null },
      ...{ value: '{"a":"é', value_base64: Buffer.from('{"a":"é').toString('base64') },
    });
  });

  it('has the file of its record and where in it the record begins', () => {
    const file = { path: 'in/a.csv', byte: 1000 };
    expect(parsed({ file })).toMatchObject({ file: 'in/a.csv', byte: 1000 });
    expect(letterOfLine(letterJson('weather', letter({ file })))?.file).toEqual(file);
    expect(letterOfLine(letterJson('weather', letter()))?.file).toBeNull();
    const headers = letterHeaders('weather', letter({ file }));
    const record = { headers, key: null, value: null } as unknown as TopicRecord;
    expect(letterOfRecord(record)?.file).toEqual(file);
  });

  it('has bytes that are no text as base64 only', () => {
    const json = parsed({ value: Uint8Array.of(0xff, 0xfe), key: Buffer.from('Brest') });
    expect(json).toMatchObject({ value_base64: '//4=', key: 'Brest', key_base64: 'QnJlc3Q=' });
    expect(json).not.toHaveProperty('value');
  });

  it('takes no more than its part of a shared buffer', () => {
    const shared = Buffer.from('xxBrestxx');
    expect(parsed({ value: shared.subarray(2, 7) })).toMatchObject({ value: 'Brest' });
  });

  it('stands on one line', () => {
    expect(letterJson('weather', letter({ value: Buffer.from('a\nb') }))).not.toContain('\n');
  });

  it('R6: has an id that is the same for the same record and stage, and no other', () => {
    const ids = [letter(), letter({ reason: 'other words' }), letter({ offset: 18 })].map((each) =>
      letterId('weather', each),
    );
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(letterId('weather', letter({ stage: 'ten_minutes' }))).not.toBe(ids[0]);
  });

  it('R6: has an id of its own for each row of a window, which has no place in a log', () => {
    const row = (city: string): Partial<DeadLetter> => ({
      ...{ partition: -1, offset: -1, key: Buffer.from(`["${city}","2024-03-28T00:00:00Z"]`) },
    });
    const [brest, again, lille] = ['Brest', 'Brest', 'Lille'].map((city) =>
      letterId('weather', letter(row(city))),
    );
    expect(again).toBe(brest);
    expect(lille).not.toBe(brest);
  });
});
