import { describe, expect, it } from 'vitest';
import type { TopicRecord } from '../io/kafka/topic-reader.ts';
import { keyOf } from './load.ts';
import { offsetsTable, readGroupAndTopic } from './offsets.ts';
import { recordJson, recordLine } from './tail.ts';
import { textTable } from './text-table.ts';

const record = (change: Partial<TopicRecord> = {}): TopicRecord => ({
  ...{ partition: 1, offset: 7, timestamp: 1_711_580_400_000, headers: [] },
  ...{ key: Buffer.from('Brest'), value: Buffer.from('{"t":1}') },
  ...change,
});

describe('a record that engine tail prints', () => {
  it('is a line of partition, offset, time, key and value', () => {
    expect(recordLine(record())).toBe('1@7  2024-03-27T23:00:00Z  Brest  {"t":1}\n');
  });

  it('cannot steer the terminal, break the line or hide that it is deleted', () => {
    const value = Buffer.from('a\u001b[2Jb\nc');
    expect(recordLine(record({ value }))).toContain('a\\u001b[2Jb\\nc\n');
    expect(recordLine(record({ key: null, value: null }))).toContain('–  (deleted)');
  });

  it('shows headers, and bytes that are no text as base64', () => {
    const headers = [
      ['engine-code', Buffer.from('DECODE')],
      ['raw', Buffer.from([0xff])],
      ['none', null],
    ] as const;
    const line = recordLine(record({ headers, value: Buffer.from([0xff]) }));
    expect(line).toContain('engine-code=DECODE  raw=base64:/w==  none=  base64:/w==');
  });

  it('is one JSON object with --json', () => {
    const headers = [
      ['a', Buffer.from('b')],
      ['a', null],
    ] as const;
    expect(JSON.parse(recordJson(record({ headers })))).toEqual({
      ...{ partition: 1, offset: 7, timestamp: '2024-03-27T23:00:00Z' },
      ...{ key: 'Brest', value: '{"t":1}' },
      headers: [
        ['a', 'b'],
        ['a', null],
      ],
    });
    expect(JSON.parse(recordJson(record({ key: null, value: Buffer.from([0xff]) })))).toMatchObject(
      {
        key: null,
        value_base64: '/w==',
      },
    );
  });
});

describe('keyOf', () => {
  it.each([
    ['{"city":"Brest"}', 'city', 'Brest'],
    ['{"a":{"b":7}}', 'a.b', '7'],
    ['{"a":{"b":{"c":1}}}', 'a.b', '{"c":1}'],
    ['{"a":null}', 'a', null],
    ['{"a":1}', 'a.b', null],
    ['{}', 'toString', null],
    ['[1]', 'city', null],
    ['{"city":', 'city', null],
  ])('of %s, field %s, is %j', (line, field, key) => {
    expect(keyOf(line, field)).toBe(key);
  });
});

describe('engine offsets', () => {
  it('takes group and topic apart at the last slash', () => {
    expect(readGroupAndTopic('a/b/topic')).toEqual({ group: 'a/b', topic: 'topic' });
    for (const text of ['topic', '/topic', 'group/']) {
      expect(() => readGroupAndTopic(text)).toThrow('GROUP/TOPIC');
    }
  });

  it('adds the lags up, and leaves out what is not committed', () => {
    const table = offsetsTable([
      { partition: 0, low: 0, high: 1200, committed: 200, lag: 1000 },
      { partition: 1, low: 5, high: 9, committed: null, lag: null },
    ]);
    expect(table).toBe(
      [
        'partition  low   high  committed    lag',
        '        0    0  1,200        200  1,000',
        '        1    5      9          –      –',
        '      all                         1,000',
        '',
      ].join('\n'),
    );
  });
});

describe('textTable', () => {
  it('has titles even without rows', () => {
    expect(textTable([{ title: 'topic', align: 'left' }], [])).toBe('topic\n');
  });
});
