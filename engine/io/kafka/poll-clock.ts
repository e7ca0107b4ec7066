/** A stalled fetch is not polling: no more than this counts between two answers. */
const LONGEST_POLL_MS = 1_000;
/** Empty polls are told this often, the first one at once. */
const TELL_EVERY_MS = 250;

/**
 * Polled time of partitions at their end (T5), as pure state: the time between answers that came
 * back empty. Pauses, outages and stalls do not count. Times are monotonic milliseconds.
 */
export class PollClock {
  readonly #polledAt = new Map<number, number>();
  readonly #untold = new Map<number, number>();

  /** An answer with data. */
  data(partition: number, now: number): void {
    this.#polledAt.set(partition, now);
    this.#untold.delete(partition);
  }

  /** An empty answer at the end: polled milliseconds to tell, or null when it is too early. */
  empty(partition: number, now: number): number | null {
    const before = this.#polledAt.get(partition) ?? now;
    this.#polledAt.set(partition, now);
    const isFirst = !this.#untold.has(partition);
    const polledMs =
      (this.#untold.get(partition) ?? 0) + Math.min(Math.max(now - before, 0), LONGEST_POLL_MS);
    if (!isFirst && polledMs < TELL_EVERY_MS) {
      this.#untold.set(partition, polledMs);
      return null;
    }
    this.#untold.set(partition, 0);
    return polledMs;
  }

  /** The partition was not polled since its last answer: paused, dropped or cut off. */
  interrupt(partition: number): void {
    this.#polledAt.delete(partition);
  }
}
