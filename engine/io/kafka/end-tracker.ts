/** Ends that change all the time are told this often; at the end of a log at once. */
const TELL_EVERY_MS = 1_000;

/** The end offsets as fetches bring them, and when to tell them. Times are monotonic milliseconds. */
export class EndTracker {
  readonly #tell: (ends: ReadonlyMap<number, number>) => void;
  readonly #ends = new Map<number, number>();
  #toldAt = -Infinity;
  #isChanged = false;

  /** `tell` is given a copy each time. */
  constructor(tell: (ends: ReadonlyMap<number, number>) => void) {
    this.#tell = tell;
  }

  /** The end that came with a fetch; `isReached` when nothing was left to read. */
  note(partition: number, end: number, at: { now: number; isReached: boolean }): void {
    if (this.#ends.get(partition) !== end) {
      this.#ends.set(partition, end);
      this.#isChanged = true;
    }
    const isDue = at.isReached || at.now - this.#toldAt > TELL_EVERY_MS;
    if (this.#isChanged && isDue) this.tell(at.now);
  }

  /** All ends, told at once. */
  set(ends: ReadonlyMap<number, number>, now: number): void {
    for (const [partition, end] of ends) this.#ends.set(partition, end);
    this.tell(now);
  }

  /** Tells the ends whatever was told before. */
  tell(now: number): void {
    this.#toldAt = now;
    this.#isChanged = false;
    this.#tell(new Map(this.#ends));
  }
}
