/**
 * How far idleness may have moved the watermark, straight from the rules T4 and T5: told of every fetch
 * in the order they were made. Milliseconds.
 */

interface Partition {
  max: number;
  /** Polled time since its last record. */
  quiet: number;
  /** Idle at its next empty fetch: nothing has come from it in this life. */
  isWaiting: boolean;
  isIdle: boolean;
  /** Polled time since all partitions are idle. */
  spare: number;
}

/** The state of a clock, JSON. */
export interface IdleState {
  readonly watermark: number | null;
  readonly partitions: readonly Omit<Partition, 'max'>[];
}

/** The watermark of a source whose partitions may be idle. */
export class IdleClock {
  readonly #outOfOrder: number;
  readonly #idle: number;
  #partitions: Partition[];
  #watermark = -Infinity;

  constructor(partitions: number, { outOfOrder, idle }: { outOfOrder: number; idle: number }) {
    this.#outOfOrder = outOfOrder;
    this.#idle = idle;
    this.#partitions = Array.from({ length: partitions }, () => ({
      ...{ max: -Infinity, quiet: 0, isWaiting: true, isIdle: false, spare: 0 },
    }));
  }

  /** The watermark. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Partitions that were added to the topic start at the watermark (T4). */
  addUpTo(partitions: number): void {
    while (this.#partitions.length < partitions) {
      const max = this.#watermark + this.#outOfOrder;
      this.#partitions.push({ max, quiet: 0, isWaiting: false, isIdle: false, spare: 0 });
    }
  }

  /** A fetch brought records; `times` are those that move the watermark. */
  records(partition: number, times: readonly number[]): void {
    const each = this.#partitions[partition] as Partition;
    Object.assign(each, { quiet: 0, isWaiting: false, isIdle: false });
    each.max = Math.max(each.max, ...times);
    this.#advance();
  }

  /** A fetch at the end of the partition brought nothing. */
  empty(partition: number, polled: number): void {
    const each = this.#partitions[partition] as Partition;
    each.quiet += polled;
    each.spare += polled;
    if (!each.isIdle && (each.isWaiting || each.quiet >= this.#idle)) {
      each.isIdle = true;
      if (this.#partitions.every(({ isIdle }) => isIdle)) {
        for (const one of this.#partitions) one.spare = 0;
      }
    }
    this.#advance();
  }

  /** The state without the greatest event times, which the logs have. */
  save(): IdleState {
    const watermark = Number.isFinite(this.#watermark) ? this.#watermark : null;
    return { watermark, partitions: this.#partitions.map(({ max: _, ...state }) => state) };
  }

  /** A life later: partitions that were idle have to show it again. */
  restore({ watermark, partitions }: IdleState, maxima: readonly number[]): void {
    this.#watermark = watermark ?? -Infinity;
    this.#partitions = partitions.map(({ isIdle, isWaiting, ...state }, i) => ({
      ...state,
      max: maxima[i] ?? -Infinity,
      isWaiting: isWaiting || isIdle,
      isIdle: false,
    }));
  }

  #advance(): void {
    const awake = this.#partitions.filter(({ isIdle }) => !isIdle);
    const all = this.#partitions.map(({ max }) => max);
    const reached =
      awake.length > 0
        ? Math.min(...awake.map(({ max }) => max))
        : // Fetches that wait for their turn are added up, so that it may be any partition's polled time.
          Math.max(...all) + Math.max(...this.#partitions.map(({ spare }) => spare));
    this.#watermark = Math.max(this.#watermark, reached - this.#outOfOrder);
  }
}
