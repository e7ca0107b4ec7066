/** Ticks of processing time on the virtual clock (W5). */
import { type Observable, Subject } from 'rxjs';

interface Timer {
  readonly everyMs: number;
  readonly tick$: Subject<null>;
  dueMs: number;
}

/** The timers of one life. */
export class Timers {
  readonly #clock: { readonly nowMs: number };
  readonly #all: Timer[] = [];

  constructor(clock: { readonly nowMs: number }) {
    this.#clock = clock;
  }

  /** Emits every so many ms; what is missed is made up for by one. */
  every$(everyMs: number): Observable<null> {
    const tick$ = new Subject<null>();
    this.#all.push({ everyMs, tick$, dueMs: this.#clock.nowMs + everyMs });
    return tick$;
  }

  /** Lets those tick that are due. */
  run(): void {
    for (const timer of this.#all) {
      if (timer.dueMs > this.#clock.nowMs) continue;
      timer.dueMs = this.#clock.nowMs + timer.everyMs;
      timer.tick$.next(null);
    }
  }
}
