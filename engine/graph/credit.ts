/**
 * The byte ledger: what is held between the network frame and the last acknowledgement.
 *
 * Two accounts, because they are held back at different places: `frames` (raw bytes waiting for or
 * inside a worker, and replies waiting for their turn) stops the source; `rows` (rows handed to sinks
 * and not acknowledged) stops the dispatch of frames. A stalled sink thus fills `rows`, then
 * `frames`, then pauses the partitions. Hysteresis: full from `high` on until down at `low`.
 */
import { BehaviorSubject, type Observable, distinctUntilChanged } from 'rxjs';
import { invariant } from '../errors.ts';

/** One account of the ledger. */
export class Account {
  readonly #high: number;
  readonly #low: number;
  readonly #full$ = new BehaviorSubject(false);
  #held = 0;
  #peak = 0;

  /** `high` and `low` in bytes, low < high. */
  constructor(high: number, low: number) {
    invariant(low < high, `credit: low ${String(low)} is not below high ${String(high)}`);
    this.#high = high;
    this.#low = low;
  }

  /** Bytes charged and not refunded. */
  get heldBytes(): number {
    return this.#held;
  }

  /** The most that was ever held at once, bytes. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** True from reaching `high` until falling to `low`. */
  get full(): boolean {
    return this.#full$.value;
  }

  /** The same as a stream: the state now, then every change. */
  get full$(): Observable<boolean> {
    return this.#full$.pipe(distinctUntilChanged());
  }

  /** Takes `bytes` into account. */
  charge(bytes: number): void {
    this.#held += bytes;
    if (this.#held > this.#peak) this.#peak = this.#held;
    if (!this.full && this.#held >= this.#high) this.#full$.next(true);
  }

  /** Gives `bytes` back. Throws ENG_INVARIANT when more is given back than was taken. */
  refund(bytes: number): void {
    this.#held -= bytes;
    invariant(this.#held >= 0, 'credit: more bytes given back than were taken');
    if (this.full && this.#held <= this.#low) this.#full$.next(false);
  }
}

/** The ledger of one run. */
export interface Ledger {
  readonly frames: Account;
  readonly rows: Account;
}

/** Splits `budgetBytes` evenly between the two accounts. */
export function openLedger(budgetBytes: number): Ledger {
  const half = budgetBytes / 2;
  return { frames: new Account(half, half / 2), rows: new Account(half, half / 2) };
}
