/** A clock that stands still until a test moves it. */
import type { Clock } from './clock.ts';

/** Time by hand. */
export class ManualClock implements Clock {
  #nowMs: number;
  #waits: { readonly untilMs: number; readonly resolve: () => void }[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const wait = { untilMs: this.#nowMs + ms, resolve };
      this.#waits.push(wait);
      const end = (): void => {
        this.#waits = this.#waits.filter((each) => each !== wait);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waits.length;
  }

  /** Moves the time on and wakes whoever waited for no longer. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waits.filter(({ untilMs }) => untilMs <= this.#nowMs);
    this.#waits = this.#waits.filter(({ untilMs }) => untilMs > this.#nowMs);
    for (const { resolve } of due) resolve();
  }
}
