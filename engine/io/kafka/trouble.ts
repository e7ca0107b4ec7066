const AGAIN_AFTER_MS = 30_000;
/** Members come and go: that is no trouble, and told where it matters (R8). */
const NO_TROUBLE = /rebalanc/i;

/**
 * Turns the stream of errors that kafkajs meets and retries by itself into few notices: the first
 * one, one every 30 s, and the end. Times are monotonic milliseconds.
 */
export class Trouble {
  readonly #what: string;
  readonly #notify: (text: string) => void;
  #noticedAt: number | null = null;

  /** `what` is being done, e.g. `reading topic weather`. */
  constructor(what: string, notify: (text: string) => void) {
    this.#what = what;
    this.#notify = notify;
  }

  /** An error was met. */
  met(text: string, now: number): void {
    if (NO_TROUBLE.test(text)) return;
    if (this.#noticedAt !== null && now - this.#noticedAt < AGAIN_AFTER_MS) return;
    this.#noticedAt = now;
    this.#notify(`${this.#what}: ${text}; trying again`);
  }

  /** It works. */
  over(): void {
    if (this.#noticedAt === null) return;
    this.#noticedAt = null;
    this.#notify(`${this.#what}: works again`);
  }
}
