/**
 * What frames under way will take of the `rows` account once they are merged. Without it, all the
 * frames in the pool would add their rows to an account that is full already.
 */
import { EMPTY, type Observable, concat, defer, of } from 'rxjs';
import type { Account } from './credit.ts';

/** Reserves room by what the frame merged last gave for each of its bytes; nothing at the start. */
export class Forecast {
  readonly #rows: Account;
  #share = 0;

  constructor(rows: Account) {
    this.#rows = rows;
  }

  /** To be called when a frame is dispatched; the reserve, bytes, goes back to `settle`. */
  reserve(frameBytes: number): number {
    const bytes = Math.ceil(frameBytes * this.#share);
    this.#rows.reserve(bytes);
    return bytes;
  }

  /** Emits what a frame gave; its rows are charged by that, and the reserve is given back after it. */
  settle<T>(frame: { frameBytes: number; rowBytes: number }, merged: T): Observable<T> {
    const before = this.#rows.chargedBytes;
    return concat(
      of(merged),
      defer(() => {
        this.#share = (this.#rows.chargedBytes - before) / Math.max(frame.frameBytes, 1);
        this.#rows.release(frame.rowBytes);
        return EMPTY;
      }),
    );
  }
}
