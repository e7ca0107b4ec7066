import { Observable } from 'rxjs';

/**
 * Emits values that are made when they are asked for, as long as nothing holds them back.
 *
 *     hold$   f--------t-----f----      f false, t true
 *     values  a, b, c … while open
 *     out     (ab)     ------(cd|)      b made hold$ true
 *
 * Back pressure: nothing is asked for before `hold$` has said false, nor after it has said true; so
 * what consumes a value may hold back the next one in the same turn.
 * Errors of the values or of hold$ end the output; the output completes after the last value.
 * Unsubscribing ends the iteration.
 */
export function paced<T>(values: Iterable<T>, hold$: Observable<boolean>): Observable<T> {
  return new Observable<T>((subscriber) => {
    const iterator = values[Symbol.iterator]();
    let held = true;
    let pulling = false;
    const pull = (): void => {
      // A consumer that changes hold$ comes back here: the loop below goes on.
      if (pulling) return;
      pulling = true;
      try {
        while (!held && !subscriber.closed) {
          const made = iterator.next();
          if (made.done === true) subscriber.complete();
          else subscriber.next(made.value);
        }
      } catch (cause) {
        subscriber.error(cause);
      }
      pulling = false;
    };
    subscriber.add(
      hold$.subscribe({
        next: (hold) => {
          held = hold;
          pull();
        },
        error: (cause: unknown) => subscriber.error(cause),
      }),
    );
    subscriber.add(() => void iterator.return?.());
  });
}
