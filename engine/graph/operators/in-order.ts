import {
  Observable,
  type ObservableInput,
  type OperatorFunction,
  type Subscriber,
  from,
} from 'rxjs';
import { Fifo } from './fifo.ts';

/**
 * Projects each value to results, several values at a time, and emits the results in the order of
 * the values.
 *
 *     source  a---b---c-------|        concurrency 2, b slower than c is
 *     a →     --A
 *     b →         ------B
 *     c →               --C             c begins when a slot is free
 *     out     --A-------B---(C|)
 *
 * Back pressure: values beyond `concurrency`, and all while `hold$` is true, wait in a queue; what
 * fills the queue must be held back at the source (graph/credit.ts counts its bytes).
 * Errors of source, project or hold$ end the output at once. Unsubscribing drops the queue and
 * unsubscribes from everything under way.
 */
export function inOrder<T, R>(
  project: (value: T) => ObservableInput<R>,
  concurrency: number,
  hold$: Observable<boolean>,
): OperatorFunction<T, R> {
  return (source$) =>
    new Observable<R>((subscriber) => {
      const line = new Line(subscriber, project, concurrency);
      const error = (cause: unknown): void => subscriber.error(cause);
      subscriber.add(hold$.subscribe({ next: (held) => line.hold(held), error }));
      subscriber.add(
        source$.subscribe({ next: (value) => line.push(value), error, complete: () => line.end() }),
      );
    });
}

/** Values waiting, then slots in order of arrival whose results wait for those before them. */
class Line<T, R> {
  readonly #subscriber: Subscriber<R>;
  readonly #project: (value: T) => ObservableInput<R>;
  readonly #concurrency: number;
  readonly #waiting = new Fifo<T>();
  readonly #slots = new Fifo<{ done: boolean; readonly results: R[] }>();
  #active = 0;
  #held = false;
  #ended = false;
  /** What begins, ends or is emitted at once comes back here: loops, so that the stack stays flat. */
  #isFilling = false;
  #isEmitting = false;

  constructor(
    subscriber: Subscriber<R>,
    project: (value: T) => ObservableInput<R>,
    concurrency: number,
  ) {
    this.#subscriber = subscriber;
    this.#project = project;
    this.#concurrency = concurrency;
  }

  push(value: T): void {
    this.#waiting.push(value);
    this.#fill();
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#fill();
  }

  end(): void {
    this.#ended = true;
    this.#emit();
  }

  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      while (!this.#held && this.#active < this.#concurrency && this.#waiting.length > 0) {
        this.#begin(this.#waiting.shift() as T);
      }
    } catch (cause) {
      this.#subscriber.error(cause);
    }
    this.#isFilling = false;
  }

  #begin(value: T): void {
    const slot = { done: false, results: [] as R[] };
    this.#slots.push(slot);
    this.#active++;
    const under = from(this.#project(value)).subscribe({
      next: (result) => slot.results.push(result),
      error: (cause: unknown) => this.#subscriber.error(cause),
      complete: () => {
        slot.done = true;
        this.#active--;
        this.#emit();
        this.#fill();
      },
    });
    // A teardown per value would pile up on the subscriber for the life of the run.
    if (!under.closed) this.#subscriber.add(under);
  }

  #emit(): void {
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    while (this.#slots.first?.done === true) {
      for (const result of this.#slots.shift()?.results ?? []) this.#subscriber.next(result);
    }
    this.#isEmitting = false;
    if (this.#ended && this.#slots.length === 0 && this.#waiting.length === 0) {
      this.#subscriber.complete();
    }
  }
}
