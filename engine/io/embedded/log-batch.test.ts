import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openInput } from '../../core/json/simd/input.ts';
import { openKafka } from '../../../workers/decode-kafka.ts';
import { readHeaders } from '../../../workers/headers.ts';
import { RecordTable } from '../../../workers/records.ts';
import { crc32c, decodeBatch, encodeBatch, isIntact, type LogRecord } from './log-batch.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const optional: fc.Arbitrary<Uint8Array | null> = fc.option(bytes);
const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  timestamp: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), // years 1–9999
  key: optional,
  value: optional,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), optional), { maxLength: 3 }),
});
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 20 });
const anyOffset = fc.integer({ min: 0, max: 2 ** 53 - 100 });
const plain = (part: Uint8Array | null): number[] | null => (part === null ? null : [...part]);

describe('record batches of a topic log', () => {
  it('have the checksum of the standard', () => {
    // RFC 3720, B.4: 32 bytes of zeros; and the check value of CRC-32C.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('read back as written', () => {
    fc.assert(
      fc.property(anyRecords, anyOffset, (records, base) => {
        const read = decodeBatch(encodeBatch(records, base));
        const headersOf = ({ headers }: LogRecord) =>
          headers.map(([name, value]) => [name, plain(value)]);
        expect(
          read.map((r) => ({
            ...{ ...r, key: plain(r.key), value: plain(r.value), headers: headersOf(r) },
          })),
        ).toEqual(
          records.map((record, i) => ({
            ...record,
            offset: base + i,
            key: plain(record.key),
            value: plain(record.value),
            headers: headersOf(record),
          })),
        );
      }),
    );
  });

  it('are read by the workers as those of Kafka', () => {
    fc.assert(
      fc.property(anyRecords, fc.integer({ min: 0, max: 1e9 }), (records, base) => {
        const batch = encodeBatch(records, base);
        const table = new RecordTable();
        const slice = { partition: 0, start: 0, length: batch.length, firstOffset: base };
        const nextOffset = base + records.length;
        const portions = openKafka(openInput())(
          new Uint8Array(batch),
          { ...slice, nextOffset, maxEventTime: -Infinity },
          table,
          Infinity,
        );
        expect(portions.next().done).toBe(records.length === 0);
        expect(table.length).toBe(records.length);
        for (const [row, { timestamp, key, value, headers }] of records.entries()) {
          const part = (start: number, end: number): number[] | null =>
            start < 0 ? null : [...table.bytes.subarray(start, end)];
          expect(table.offset[row]).toBe(base + row);
          expect(table.timestamp[row]).toBe(timestamp);
          expect(part(table.keyStart[row]!, table.keyEnd[row]!)).toEqual(plain(key));
          expect(part(table.valueStart[row]!, table.valueEnd[row]!)).toEqual(plain(value));
          const read = readHeaders(table.bytes, table.valueEnd[row]!);
          expect(read.map(([name, each]) => [name, plain(each)])).toEqual(
            headers.map(([name, each]) => [name, plain(each)]),
          );
        }
      }),
    );
  });

  it('are known to be damaged when any byte behind the checksum changes', () => {
    const record = { timestamp: 1, key: null, value: Buffer.from('{}'), headers: [] };
    const batch = encodeBatch([record], 0);
    expect(isIntact(batch)).toBe(true);
    for (let at = 21; at < batch.length; at++) {
      const broken = Buffer.from(batch);
      broken.writeUInt8(broken.readUInt8(at) ^ 1, at);
      expect(isIntact(broken)).toBe(false);
      expect(() => decodeBatch(broken)).toThrow('damaged');
    }
  });
});
