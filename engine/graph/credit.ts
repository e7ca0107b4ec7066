/**
 * The byte ledger: what is held between the network frame and the last acknowledgement.
 *
 * Two accounts, because they are held back at different places: `frames` (raw bytes waiting for or
 * inside a worker, and replies waiting for their turn) stops the source; `rows` (rows handed to sinks
 * and not acknowledged) stops the dispatch of frames. A stalled sink thus fills `rows`, then
 * `frames`, then pauses the partitions. Hysteresis: full from `high` on until down at `low`.
 *
 * A frame in a worker will become rows: what is expected of it is reserved in `rows` before, or all
 * the frames under way would add theirs to an account that is full already.
 */
import { BehaviorSubject, type Observable, distinctUntilChanged } from 'rxjs';
import { invariant } from '../errors.ts';

/** One account of the ledger. */
export class Account {
  readonly #high: number;
  readonly #low: number;
  readonly #full$ = new BehaviorSubject(false);
  #held = 0;
  #reserved = 0;
  #peak = 0;
  #charged = 0;

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

  /** All that was ever charged, bytes. */
  get chargedBytes(): number {
    return this.#charged;
  }

  /** The most that was ever held at once, bytes. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** True from reaching `high`, what is reserved included, until falling to `low`. */
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
    this.#charged += bytes;
    if (this.#held > this.#peak) this.#peak = this.#held;
    this.#settle();
  }

  /** Counts bytes that are still to be charged towards being full, until they are released. */
  reserve(bytes: number): void {
    this.#reserved += bytes;
    this.#settle();
  }

  /** Gives back what was reserved. Throws ENG_INVARIANT when that is more than was. */
  release(bytes: number): void {
    this.#reserved -= bytes;
    invariant(this.#reserved >= 0, 'credit: more bytes released than were reserved');
    this.#settle();
  }

  /** Gives `bytes` back. Throws ENG_INVARIANT when more is given back than was taken. */
  refund(bytes: number): void {
    this.#held -= bytes;
    invariant(this.#held >= 0, 'credit: more bytes given back than were taken');
    this.#settle();
  }

  #settle(): void {
    const taken = this.#held + this.#reserved;
    if (this.full ? taken <= this.#low : taken >= this.#high) this.#full$.next(!this.full);
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
