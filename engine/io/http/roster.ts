/**
 * Whom to ask and when: every row for itself, so that one that fails never holds up the others.
 *
 *     answers            asked every round
 *     failed             waits first · 2ⁿ, at most longest, with jitter
 *     429                the same, but a minute at least
 *     401                a minute: a new key is not accepted for up to two hours
 *     400, 404 …         never asked again
 *
 * Refusals (401, 429) of several rows in a row are about the key: then all of them wait.
 */
import type { Answer } from './ask.ts';

/** What the roster goes by, ms; `random` gives numbers in [0, 1). */
export interface Patience {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly random: () => number;
}

interface Standing {
  failures: number;
  dueMs: number;
}

const REFUSED_MS = 60_000;
/** So many refusals with no answer in between are about the key, not about a row. */
const ABOUT_THE_KEY = 3;

/** Keeps the standing of rows, by their names. */
export class Roster {
  readonly #patience: Patience;
  readonly #standings: Map<string, Standing>;
  #refusals = 0;
  #heldUntilMs = -Infinity;

  constructor(names: readonly string[], patience: Patience) {
    this.#patience = patience;
    this.#standings = new Map(names.map((name) => [name, { failures: 0, dueMs: -Infinity }]));
  }

  /** How many rows are still asked at all. */
  get size(): number {
    return this.#standings.size;
  }

  /** True when a row is to be asked now. */
  isDue(name: string, nowMs: number): boolean {
    const standing = this.#standings.get(name);
    return standing !== undefined && Math.max(standing.dueMs, this.#heldUntilMs) <= nowMs;
  }

  /** When the next row is due: epoch ms, −∞ for at once. */
  nextDueMs(): number {
    const dues = Array.from(this.#standings.values(), ({ dueMs }) => dueMs);
    return Math.max(this.#heldUntilMs, Math.min(...dues));
  }

  /** Takes note of an answer; gives what a person should know. */
  judge(name: string, answer: Answer, nowMs: number): string | null {
    const standing = this.#standings.get(name);
    if (standing === undefined) return null;
    if (answer.kind === 'body') {
      const { failures } = standing;
      standing.failures = 0;
      this.#refusals = 0;
      return failures === 0 ? null : `${name} answers again`;
    }
    if (answer.kind === 'wrong') {
      this.#standings.delete(name);
      return `${name}: ${answer.reason}: it is not asked any more in this run`;
    }
    standing.failures++;
    const waitMs = this.#waitMs(answer.kind, standing.failures);
    standing.dueMs = nowMs + waitMs;
    const again = `${name}: ${answer.reason}; asked again in ${Math.ceil(waitMs / 1000)} s`;
    if (answer.kind === 'failed') return again;
    const hint = answer.kind === 'key' ? ': is the key right? A new one may take two hours' : '';
    return `${again}${hint}${this.#hold(waitMs, nowMs)}`;
  }

  #waitMs(kind: 'key' | 'busy' | 'failed', failures: number): number {
    const { firstMs, longestMs, random } = this.#patience;
    const doubled = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
    if (kind === 'failed') return doubled * (0.5 + random() / 2);
    return Math.max(REFUSED_MS, kind === 'busy' ? doubled : 0) * (1 + random() / 4);
  }

  #hold(waitMs: number, nowMs: number): string {
    if (++this.#refusals < ABOUT_THE_KEY || nowMs < this.#heldUntilMs) return '';
    this.#heldUntilMs = nowMs + waitMs;
    return `; ${this.#refusals} refusals in a row, so all others wait as well`;
  }
}
