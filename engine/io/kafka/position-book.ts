import type { ResumePoint } from '../../graph/ports.ts';
import type { AbortedTransaction } from './seams.ts';
import { cutBatches } from './record-batch.ts';
import type { Cut } from './record-batch.ts';

/** What became of a fetch: */
export type Taken =
  /** kafkajs asked for another offset than the next one: it was moved behind our back. */
  | { readonly kind: 'moved'; readonly expected: number }
  /** Nothing new: the partition is at its end, or the response was full before its turn came. */
  | { readonly kind: 'nothing'; readonly expected: number }
  | { readonly kind: 'data'; readonly cuts: readonly Cut[]; readonly nextOffset: number };

/** One partition's part of a fetch response. */
export interface PartitionFetch {
  readonly partition: number;
  /** Offset that was asked for. */
  readonly fetchedOffset: number;
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

/**
 * The next offset expected of every partition. Whatever is fetched, dropped, fetched again or reset
 * by kafkajs, the cuts given out of a partition tile its offsets: no gap, nothing twice.
 */
export class PositionBook {
  readonly #next: Map<number, number>;
  readonly #lastBatch = new Map<number, { baseOffset: number; crc: number }>();

  constructor(start: ReadonlyMap<number, number>) {
    this.#next = new Map(start);
  }

  /** The partitions in ascending order. */
  get partitions(): number[] {
    return [...this.#next.keys()].sort((a, b) => a - b);
  }

  /** Next offset of a partition, undefined for one it does not know. */
  next(partition: number): number | undefined {
    return this.#next.get(partition);
  }

  /** Adds a partition, or moves one (a loss that the user accepted). */
  set(partition: number, nextOffset: number): void {
    if (this.#next.get(partition) === nextOffset) return;
    this.#next.set(partition, nextOffset);
    this.#lastBatch.delete(partition);
  }

  /** Where every partition stands, in the form a restart would check. */
  points(): Map<number, ResumePoint> {
    return new Map(
      [...this.#next].map(([partition, nextOffset]) => {
        const lastBatch = this.#lastBatch.get(partition) ?? null;
        return [partition, { nextOffset, lastBatch }];
      }),
    );
  }

  /** Cuts what is new out of a fetch and counts it as given out. O(batches). */
  take(fetch: PartitionFetch): Taken {
    const expected = this.#next.get(fetch.partition);
    if (expected === undefined) return { kind: 'nothing', expected: fetch.fetchedOffset };
    if (fetch.fetchedOffset !== expected) return { kind: 'moved', expected };
    const { cuts, nextOffset, lastBatch } = cutBatches(fetch.bytes, expected, fetch.aborted);
    if (nextOffset === expected) return { kind: 'nothing', expected };
    this.#next.set(fetch.partition, nextOffset);
    if (lastBatch !== null) this.#lastBatch.set(fetch.partition, lastBatch);
    return { kind: 'data', cuts, nextOffset };
  }
}
