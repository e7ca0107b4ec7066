/** At most so many starts in any stretch of time: a sliding window, so no double burst at its edge. */
import type { Clock } from './clock.ts';

/** How many per how long. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Hands out turns in the order they are asked for. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #clock: Clock;
  /** Times of the last `count` turns, the oldest first; the newest may lie ahead. */
  readonly #turns: number[] = [];

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Resolves when it is this caller's turn, or when the signal aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const { count, perMs } = this.#rate;
    const oldest = this.#turns.length < count ? -Infinity : (this.#turns.shift() ?? -Infinity);
    const at = Math.max(now, oldest + perMs);
    this.#turns.push(at);
    if (at > now) await this.#clock.wait(at - now, signal);
  }
}
