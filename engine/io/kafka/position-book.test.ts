import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PositionBook } from './position-book.ts';
import { fetchOf, logArbitrary, makeBatch } from './record-batch.fixture.ts';
import { readHeader } from './record-batch.ts';

interface Move {
  /** What kafkajs does: fetch where it stands, or be moved first (rebalance, reset). */
  readonly kind: 'fetch' | 'moved' | 'dropped' | 'seek';
  readonly partition: number;
  readonly to: number;
  readonly size: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom('fetch', 'fetch', 'fetch', 'moved', 'dropped', 'seek'),
  partition: fc.nat(1),
  to: fc.nat(60),
  size: fc.nat(600),
});

describe('PositionBook', () => {
  it('gives every record once and in order, whatever is dropped, repeated or reset', () => {
    fc.assert(
      fc.property(
        fc.array(logArbitrary, { minLength: 2, maxLength: 2 }),
        fc.array(move, { maxLength: 60 }),
        (logs, moves) => {
          const book = new PositionBook(
            new Map([
              [0, 0],
              [1, 0],
            ]),
          );
          const fetcher = [0, 0]; // where kafkajs would fetch next
          const given: number[][] = [[], []];
          const covered = [0, 0];
          const finish: Move[] = [0, 1].flatMap((partition) => [
            { kind: 'seek' as const, partition, to: 0, size: 0 },
            ...Array.from({ length: 30 }, () => ({
              kind: 'fetch' as const,
              partition,
              to: 0,
              size: 1e6,
            })),
          ]);
          for (const { kind, partition, to, size } of [...moves, ...finish]) {
            const log = logs[partition]!;
            if (kind === 'moved') fetcher[partition] = to;
            else if (kind === 'seek') fetcher[partition] = book.next(partition)!;
            else {
              const fetchedOffset = fetcher[partition]!;
              const { bytes, aborted } = fetchOf(log, fetchedOffset, size);
              if (kind === 'dropped') continue;
              const taken = book.take({ partition, fetchedOffset, bytes, aborted });
              if (taken.kind === 'moved') expect(fetchedOffset).not.toBe(covered[partition]);
              if (taken.kind !== 'data') continue;
              fetcher[partition] = taken.nextOffset;
              for (const cut of taken.cuts) {
                expect(cut.firstOffset).toBe(covered[partition]);
                covered[partition] = cut.nextOffset;
                const run = bytes.subarray(cut.start, cut.start + cut.length);
                for (
                  let at = 0, header = readHeader(run, 0);
                  header;
                  header = readHeader(run, at)
                ) {
                  given[partition]!.push(header.baseOffset);
                  at = header.end;
                }
              }
            }
          }
          for (const partition of [0, 1]) {
            const wanted = logs[partition]!.batches.filter(({ aborted }) => !aborted);
            expect(given[partition]).toEqual(wanted.map(({ baseOffset }) => baseOffset));
            expect(book.next(partition)).toBe(
              (logs[partition]!.batches.at(-1)?.lastOffset ?? -1) + 1,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([4, 6])(
    'says that it was moved when offset %i was fetched and 5 is next',
    (fetchedOffset) => {
      const book = new PositionBook(new Map([[0, 5]]));
      const bytes = makeBatch({ baseOffset: fetchedOffset, count: 4 });
      const taken = book.take({ partition: 0, fetchedOffset, bytes, aborted: [] });
      expect(taken).toEqual({ kind: 'moved', expected: 5 });
      expect(book.next(0)).toBe(5);
    },
  );

  it('knows nothing of partitions it was not given', () => {
    const book = new PositionBook(new Map([[3, 7]]));
    const fetch = { partition: 4, fetchedOffset: 0, bytes: Buffer.alloc(0), aborted: [] };
    expect(book.take(fetch)).toEqual({ kind: 'nothing', expected: 0 });
    expect(book.partitions).toEqual([3]);
    book.set(1, 0);
    expect(book.partitions).toEqual([1, 3]);
  });

  it('R4: remembers the last batch taken, for the check after an outage', () => {
    const book = new PositionBook(new Map([[0, 5]]));
    const bytes = makeBatch({ baseOffset: 5, count: 3, crc: 99 });
    book.take({ partition: 0, fetchedOffset: 5, bytes, aborted: [] });
    const lastBatch = { baseOffset: 5, crc: 99 };
    expect(book.points().get(0)).toMatchObject({ nextOffset: 8, lastBatch });
    book.set(0, 20);
    expect(book.points().get(0)).toEqual({ nextOffset: 20, lastBatch: null });
  });
});
