import { describe, expect, it } from 'vitest';
import { cellOf } from '../engine/core/batch.ts';
import { type LogRecord, encodeBatch } from '../engine/io/embedded/log-batch.ts';
import { planned } from '../engine/plan/definition.fixture.ts';
import { SourceProgram } from './program.ts';
import type { SliceReply } from './protocol.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const HEADERS = '"array<{ key: string!, value: string }>"';

const topic = `
name: t
connections: { kafka: { brokers: "localhost:9092" } }
sources:
  readings:
    kafka: { topic: readings }
    schema: { n: int!, _key: string, _headers: ${HEADERS} }
stages:
  traced:
    from: readings
    where: header(_headers, 'level') is null or header(_headers, 'level') <> 'debug'
    set: { trace: "upper(header(_headers, 'trace'))" }
  each: { from: readings, explode: { column: _headers, as: { name: key, header: value } }, omit: [_headers] }
sinks:
  rows: { from: traced, stdout: json }
  headers: { from: each, stdout: json }
`;
const archive = topic.replace('kafka: { topic: readings }', 'file: readings.ndjson');

function run(definition: string, buffer: Uint8Array, records: number): SliceReply {
  const slice = { partition: 2, start: 0, length: buffer.length, firstOffset: 0 };
  const { slices } = new SourceProgram(planned(definition), 0, 1).run({
    ...{ source: 0, buffer: new Uint8Array(buffer).buffer, marks: [], late: null },
    slices: [{ ...slice, nextOffset: records, maxEventTime: -Infinity }],
  });
  return slices[0] as SliceReply;
}

const kafka = (records: readonly LogRecord[]): SliceReply =>
  run(topic, encodeBatch(records, 0), records.length);

const rowsOf = (reply: SliceReply, sink: number): unknown[][] =>
  reply.rows
    .filter((rows) => rows.sink === sink)
    .flatMap(({ batch: { length, vectors } }) =>
      Array.from({ length }, (_, row) => vectors.map((vector) => cellOf(vector, row))),
    );

const record = (value: string | null, headers: LogRecord['headers'] = []): LogRecord => ({
  ...{ timestamp: 1000, key: bytes('k'), value: value === null ? null : bytes(value), headers },
});

describe('headers of records', () => {
  it('are a column, of a topic in the order of the record', () => {
    const reply = kafka([
      record('{"n":1}', [
        ['trace', bytes('a1')],
        ['level', null],
        ['trace', bytes('é"2')],
      ]),
      record('{"n":2}'),
      record('{"n":3}', [['level', bytes('debug')]]),
      record(null, [['trace', bytes('deleted')]]),
      record('{"n":4}', [
        ['', bytes('')],
        ['trace', Buffer.from([0x41, 0xff])],
      ]),
    ]);
    expect(rowsOf(reply, 0)).toEqual([
      [
        ...[1, 'k'],
        '[{"key":"trace","value":"a1"},{"key":"level","value":null},{"key":"trace","value":"é\\"2"}]',
        'É"2',
      ],
      [2, 'k', '[]', null],
      [4, 'k', '[{"key":"","value":""},{"key":"trace","value":"A\ufffd"}]', 'A\ufffd'],
    ]);
    expect(rowsOf(reply, 1)).toEqual([
      [1, 'k', 'trace', 'a1'],
      [1, 'k', 'level', null],
      [1, 'k', 'trace', 'é"2'],
      [3, 'k', 'level', 'debug'],
      [4, 'k', '', ''],
      [4, 'k', 'trace', 'A\ufffd'],
    ]);
  });

  it('R10: are those that an archive has in its lines, as the key is; other lines have none', () => {
    const lines = [
      '{"n":1,"_key":"k","_headers":[{"key":"trace","value":"a1"},{"key":"level","value":null}]}',
      '{"n":2}',
      '{"n":3,"_key":null,"_headers":null}',
      '{"n":4,"_headers":[{"value":"without a name"}]}',
    ];
    const reply = run(archive, bytes(lines.map((line) => `${line}\n`).join('')), lines.length);
    expect(rowsOf(reply, 0)).toEqual([
      [1, 'k', '[{"key":"trace","value":"a1"},{"key":"level","value":null}]', 'A1'],
      [2, null, '[]', null],
      [3, null, '[]', null],
    ]);
    expect(reply.letters).toMatchObject([{ code: 'SCHEMA', offset: 3 }]);
    const [letter] = reply.letters;
    expect(letter).not.toHaveProperty('headers');
  });

  it('are kept in the letter of a record, with their bytes', () => {
    const headers: LogRecord['headers'] = [
      ['trace', bytes('a1')],
      ['raw', Buffer.from([0xff])],
      ['none', null],
    ];
    const { letters } = kafka([record('{"n":"x"}', headers), record('no JSON')]);
    expect(letters).toHaveLength(2);
    const plain = letters[0]?.headers?.map(([name, value]) => [name, value && [...value]]);
    expect(plain).toEqual([
      ['trace', [...bytes('a1')]],
      ['raw', [0xff]],
      ['none', null],
    ]);
    expect(letters[1]).not.toHaveProperty('headers');
  });

  it('that run past their batch end the run', () => {
    const batch = encodeBatch([record('{"n":1}', [['trace', bytes('a1')]])], 0);
    // The last header's value is said to be longer than the bytes there are.
    batch.writeUInt8(100, batch.length - 3);
    expect(() => run(topic, batch, 1)).toThrow('the headers of a record run past its batch');
  });
});
