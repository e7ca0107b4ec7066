import fc from 'fast-check';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { openInput } from '../engine/core/json/simd/input.ts';
import { openKafka } from './decode-kafka.ts';
import { RecordTable } from './records.ts';

interface TestRecord {
  key: string | null;
  value: string | null;
  delta: number;
}

const zigzag = (n: number): number[] => {
  let value = n >= 0 ? BigInt(n) * 2n : BigInt(n) * -2n - 1n;
  const bytes: number[] = [];
  for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
};

const field = (text: string | null): number[] =>
  text === null ? zigzag(-1) : [...zigzag(Buffer.byteLength(text)), ...Buffer.from(text)];

const xerial = (bytes: Buffer): Buffer => {
  const block = compressSync(bytes);
  const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);
  return Buffer.concat([head, length, block]);
};

const codecs: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => compressSync(bytes),
  (bytes) => compressFrameSync(bytes),
  (bytes) => zstdCompressSync(bytes),
];

/** A record batch written straight from the protocol guide. */
function batchOf(
  base: number,
  records: TestRecord[],
  {
    attributes = 0,
    compress = codecs[attributes & 7],
    magic = 2,
  }: {
    attributes?: number;
    compress?: ((bytes: Buffer) => Buffer) | undefined;
    magic?: number;
  } = {},
): Buffer {
  const body = records.flatMap((record, i) => {
    const inner = [
      0,
      ...zigzag(record.delta),
      ...zigzag(i),
      ...field(record.key),
      ...field(record.value),
      0,
    ];
    return [...zigzag(inner.length), ...inner];
  });
  const section = (compress as (bytes: Buffer) => Buffer)(Buffer.from(body));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(base), 0);
  head.writeInt32BE(49 + section.length, 8);
  head.writeInt8(magic, 16);
  head.writeUInt32BE(0xdeadbeef, 17);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(1_700_000_000_000n, 27);
  head.writeBigInt64BE(1_700_000_009_999n, 35);
  head.writeInt32BE(records.length, 57);
  return Buffer.concat([head, section]);
}

function decode(
  bytes: Buffer,
  firstOffset = 0,
  nextOffset = Infinity,
  portionBytes = Infinity,
  decodeKafka = openKafka(openInput()),
) {
  const table = new RecordTable();
  const start = 3;
  const shifted = Buffer.concat([Buffer.from('xyz'), bytes, Buffer.from('tail')]);
  const text = (from: number, to: number) =>
    from < 0 ? null : Buffer.from(table.bytes.subarray(from, to)).toString();
  const rows: { offset: number; timestamp: number; key: string | null; value: string | null }[] =
    [];
  const portions = decodeKafka(
    shifted,
    {
      partition: 0,
      start,
      length: bytes.length,
      firstOffset,
      nextOffset,
      maxEventTime: 0,
    },
    table,
    portionBytes,
  );
  let count = 0;
  for (const { length } of portions) {
    count++;
    for (let i = 0; i < length; i++) {
      rows.push({
        offset: table.offset[i] as number,
        timestamp: table.timestamp[i] as number,
        key: text(table.keyStart[i] as number, table.keyEnd[i] as number),
        value: text(table.valueStart[i] as number, table.valueEnd[i] as number),
      });
    }
  }
  return { lastBatch: table.lastBatch, rows, portions: count };
}

const record: fc.Arbitrary<TestRecord> = fc.record({
  key: fc.option(fc.string({ maxLength: 20 })),
  value: fc.option(fc.string({ maxLength: 200 })),
  delta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
});

describe('decodeKafka', () => {
  it('reads back what was written, whatever the codecs, cuts and portions', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            records: fc.array(record, { minLength: 1, maxLength: 40 }),
            codec: fc.nat(4),
          }),
          { maxLength: 5 },
        ),
        fc.nat(60),
        fc.nat(80),
        fc.integer({ min: 1, max: 2_000 }),
        (batches, firstOffset, nextOffset, portionBytes) => {
          let base = 0;
          const parts: Buffer[] = [];
          const expected: unknown[] = [];
          for (const { records, codec } of batches) {
            parts.push(batchOf(base, records, { attributes: codec }));
            records.forEach(({ key, value, delta }, i) => {
              if (base + i < firstOffset || base + i >= nextOffset) return;
              expected.push({
                offset: base + i,
                timestamp: 1_700_000_000_000 + delta,
                key,
                value,
              });
            });
            base += records.length;
          }
          const { rows } = decode(Buffer.concat(parts), firstOffset, nextOffset, portionBytes);
          expect(rows).toEqual(expected);
        },
      ),
    );
  });

  it('gives a portion as soon as it has the bytes for one', () => {
    const records = ['a', 'b', 'c', 'd', 'e'].map((value) => ({ key: null, value, delta: 0 }));
    const bytes = Buffer.concat([batchOf(0, records), batchOf(5, records)]);
    expect([1, 12, Infinity].map((size) => decode(bytes, 0, 10, size).portions)).toEqual([
      10, 5, 1,
    ]);
  });

  it.each([1, 5_000, 300_000, Infinity])(
    'reads records that are longer than what is looked through at a time, in portions of %d bytes',
    (portionBytes) => {
      const lengths = [3, 9_000, 0, 20_000, 8_192, 1, 2 ** 20 + 7, 2, 70_000, 5];
      const records = lengths.map((length, i) => ({
        ...{ key: `k${String(i)}`, value: String(i).repeat(length), delta: i },
      }));
      const bytes = Buffer.concat([batchOf(0, records), batchOf(10, records)]);
      const { rows } = decode(bytes, 2, 19, portionBytes);
      const expected = [...records, ...records].map(({ key, value }, offset) => ({
        ...{ offset, key, value },
      }));
      expect(rows.map(({ offset, key, value }) => ({ offset, key, value }))).toEqual(
        expected.slice(2, 19),
      );
    },
  );

  it('finds the same records where the machine has no vector instructions', () => {
    const records = ['a', null, 'c'].map((value) => ({ key: value, value, delta: 3 }));
    const bytes = Buffer.concat([batchOf(0, records), batchOf(3, records, { attributes: 1 })]);
    expect(decode(bytes, 1, 5, 20, openKafka(null)).rows).toEqual(decode(bytes, 1, 5, 20).rows);
  });

  it('reads snappy in the block framing of the Java client', () => {
    const bytes = batchOf(7, [{ key: 'k', value: 'v'.repeat(500), delta: 1 }], {
      attributes: 2,
      compress: xerial,
    });
    expect(decode(bytes).rows).toMatchObject([{ offset: 7, key: 'k', value: 'v'.repeat(500) }]);
  });

  it('skips control batches and remembers the last batch', () => {
    const one = { key: null, value: 'x', delta: 0 };
    const bytes = Buffer.concat([batchOf(0, [one]), batchOf(1, [one], { attributes: 0x20 })]);
    const { rows, lastBatch } = decode(bytes);
    expect(rows.map((row) => row.offset)).toEqual([0]);
    expect(lastBatch).toEqual({ baseOffset: 1, crc: 0xdeadbeef });
  });

  it('takes the append time where the topic says so', () => {
    const bytes = batchOf(0, [{ key: null, value: 'x', delta: 5 }], {
      attributes: 0x08,
    });
    expect(decode(bytes).rows[0]?.timestamp).toBe(1_700_000_009_999);
  });

  it('takes the records of the slice only, when a batch reaches beyond it', () => {
    const records = ['a', 'b', 'c', 'd'].map((value) => ({ key: null, value, delta: 0 }));
    const { rows } = decode(batchOf(10, records), 11, 13);
    expect(rows.map(({ offset, value }) => [offset, value])).toEqual([
      [11, 'b'],
      [12, 'c'],
    ]);
  });

  it('ignores a partial batch at the end of a fetch', () => {
    const one = batchOf(0, [{ key: null, value: 'x', delta: 0 }]);
    const cut = batchOf(1, [{ key: null, value: 'y', delta: 0 }]).subarray(0, -2);
    expect(decode(Buffer.concat([one, cut])).rows).toHaveLength(1);
  });

  it('refuses batches older than format 2 and lengths that run past the batch', () => {
    const one = [{ key: null, value: 'x', delta: 0 }];
    expect(() => decode(batchOf(0, one, { magic: 1 }))).toThrow(/message format 1/);
    const broken = batchOf(0, [{ key: null, value: 'abc', delta: 0 }]);
    broken[broken.length - 5] = 120;
    expect(() => decode(broken)).toThrow(/runs past its batch/);
  });
});
