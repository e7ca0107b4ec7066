import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fetchOf, logArbitrary, makeBatch } from './record-batch.fixture.ts';
import type { ModelBatch } from './record-batch.fixture.ts';
import { cutBatches, readHeader } from './record-batch.ts';

/** What a reader must get from offset `from` on, batch by batch, by the definition. */
const wantedFrom = (batches: readonly ModelBatch[], from: number): readonly ModelBatch[] =>
  batches.filter((batch) => batch.lastOffset >= from && !batch.aborted);

describe('readHeader', () => {
  it('reads offsets beyond 32 bits and the checksum', () => {
    const bytes = makeBatch({ baseOffset: 2 ** 40 + 5, count: 3, crc: 0xfedcba98 });
    expect(readHeader(bytes, 0)).toEqual({
      end: bytes.length,
      baseOffset: 2 ** 40 + 5,
      lastOffset: 2 ** 40 + 7,
      crc: 0xfedcba98,
    });
  });

  it('is null for a batch that is cut off anywhere', () => {
    const bytes = makeBatch({ baseOffset: 0, count: 2 });
    for (let length = 0; length < bytes.length; length++) {
      expect(readHeader(bytes.subarray(0, length), 0)).toBeNull();
    }
  });

  it.each([0, 1])('refuses message format %i in plain words', (magic) => {
    const bytes = makeBatch({ baseOffset: 0, count: 1 });
    bytes.writeInt8(magic, 16);
    expect(() => readHeader(bytes, 0)).toThrow(`message format ${magic}; format 2 is needed`);
    expect(() => readHeader(bytes.subarray(0, 30), 0)).toThrow('format 2 is needed');
  });
});

describe('cutBatches', () => {
  it('takes a run of whole batches as one cut and ignores the partial one at its end', () => {
    const first = makeBatch({ baseOffset: 10, count: 5 });
    const second = makeBatch({ baseOffset: 15, count: 5 });
    const bytes = Buffer.concat([first, second, first.subarray(0, 30)]);
    const { cuts, nextOffset, lastBatch } = cutBatches(bytes, 10, []);
    const length = first.length + second.length;
    expect(cuts).toEqual([{ start: 0, length, firstOffset: 10, nextOffset: 20 }]);
    expect(nextOffset).toBe(20);
    expect(lastBatch?.baseOffset).toBe(15);
  });

  it('keeps a batch that begins below what is expected, and drops what ends below it', () => {
    const before = makeBatch({ baseOffset: 0, count: 5 });
    const across = makeBatch({ baseOffset: 5, count: 5 });
    const { cuts } = cutBatches(Buffer.concat([before, across]), 7, []);
    expect(cuts).toEqual([
      { start: before.length, length: across.length, firstOffset: 7, nextOffset: 10 },
    ]);
  });

  it('gives an empty run when all that was fetched is aborted', () => {
    const bytes = makeBatch({ baseOffset: 3, count: 4, producerId: 7n, transactional: true });
    const { cuts } = cutBatches(bytes, 3, [{ producerId: 7n, firstOffset: 3 }]);
    expect(cuts).toEqual([{ start: 0, length: 0, firstOffset: 3, nextOffset: 7 }]);
  });

  it('tiles the offsets and holds exactly the batches that count, wherever a fetch begins and ends', () => {
    fc.assert(
      fc.property(logArbitrary, fc.nat(), fc.nat(), (log, at, size) => {
        const end = log.nextOffset;
        const from = end === 0 ? 0 : at % end;
        const fetched = fetchOf(log, from, size % (log.bytes.length + 80));
        const { cuts, nextOffset } = cutBatches(fetched.bytes, from, fetched.aborted);
        let position = from;
        for (const cut of cuts) {
          expect(cut.firstOffset).toBe(position);
          expect(cut.nextOffset).toBeGreaterThan(cut.firstOffset);
          position = cut.nextOffset;
        }
        expect(position).toBe(nextOffset);
        const bases: number[] = [];
        for (const { start, length } of cuts) {
          const bytes = fetched.bytes.subarray(start, start + length);
          let offset = 0;
          for (let header = readHeader(bytes, 0); header; header = readHeader(bytes, offset)) {
            bases.push(header.baseOffset);
            offset = header.end;
          }
          expect(offset).toBe(length);
        }
        const wanted = wantedFrom(fetched.batches, from).map(({ baseOffset }) => baseOffset);
        expect(bases).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
