/** Timers and subscriptions of a running graph, ended together. */
import { Subscription } from 'rxjs';

/** What a run has to end when it ends. */
export class Timers {
  readonly #all = new Subscription();

  /** Calls `run` every `ms` milliseconds. */
  every(ms: number, run: () => unknown): void {
    const timer = setInterval(run, ms);
    this.#all.add(() => clearInterval(timer));
  }

  /** Calls `run` once. */
  after(ms: number, run: () => unknown): void {
    const timer = setTimeout(run, ms);
    this.#all.add(() => clearTimeout(timer));
  }

  /** Unsubscribes from it at the end. */
  own(subscription: Subscription): void {
    this.#all.add(subscription);
  }

  /** Ends everything. */
  close(): void {
    this.#all.unsubscribe();
  }
}
