/**
 * Polled time of partitions (T5), as the broker sees it: from one answer to the next. Milliseconds.
 */

/** What stalls for longer is no poll (small.ts). */
const LONGEST_POLL_MS = 15_000;

/** What each partition may be told of. */
export class Polled {
  readonly #now: () => number;
  readonly #answeredAt = new Map<number, number>();
  readonly #untold = new Map<number, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A response had a part of it; `isEnd` when there was nothing more. */
  answer(partition: number, isEnd: boolean): void {
    const before = this.#answeredAt.get(partition) ?? this.#now();
    this.#answeredAt.set(partition, this.#now());
    const untold = this.#untold.get(partition) ?? 0;
    const polledMs = Math.min(this.#now() - before, LONGEST_POLL_MS);
    if (isEnd) this.#untold.set(partition, untold + polledMs);
  }

  /** They are not polled: paused, or held by others. */
  interrupt(partitions: Iterable<number>): void {
    for (const each of partitions) this.#answeredAt.delete(each);
  }

  /** Records of it were given on. */
  records(partition: number): void {
    this.#untold.delete(partition);
  }

  /** So much of it was told; false when it is more than there was. */
  tell(partition: number, polledMs: number): boolean {
    const untold = this.#untold.get(partition) ?? 0;
    this.#untold.set(partition, untold - polledMs);
    return polledMs <= untold;
  }
}
