import { Observable, type OperatorFunction } from 'rxjs';
import { Fifo } from './fifo.ts';

/**
 * Projects each value to an Observable, one after the other: as `concatMap`, but in a loop. That one
 * calls itself for every value that has waited, and at some hundred whose results come at once the
 * stack ends, and with it the flow, without an error.
 *
 *     source  a--b-c------|
 *     a →     -----x|
 *     b →          (y|)
 *     c →          --z|
 *     out     -----(xy)-(z|)
 *
 * Back pressure: values wait in a queue; what fills the queue must be held back at the source, unless
 * only the last of those that wait matters (`latest`): then one waits at most.
 * Errors of source and projections end the output at once. Unsubscribing drops the queue and
 * unsubscribes from what is under way.
 */
export function oneByOne<T, R>(
  project: (value: T) => Observable<R>,
  waits: 'all' | 'latest' = 'all',
): OperatorFunction<T, R> {
  return (source$) =>
    new Observable<R>((subscriber) => {
      const waiting = new Fifo<T>();
      let isBusy = false;
      let isLooping = false;
      let hasEnded = false;
      const error = (cause: unknown): void => subscriber.error(cause);
      const begin = (value: T): void => {
        isBusy = true;
        const under = project(value).subscribe({
          next: (result) => subscriber.next(result),
          error,
          complete: () => {
            isBusy = false;
            goOn();
          },
        });
        if (!under.closed) subscriber.add(under);
      };
      const goOn = (): void => {
        // What completes at once comes back here: the loop below goes on.
        if (isLooping) return;
        isLooping = true;
        try {
          while (!isBusy && waiting.length > 0 && !subscriber.closed) begin(waiting.shift() as T);
        } catch (cause) {
          subscriber.error(cause);
        }
        isLooping = false;
        if (hasEnded && !isBusy && waiting.length === 0) subscriber.complete();
      };
      subscriber.add(
        source$.subscribe({
          next: (value) => {
            if (waits === 'latest') waiting.shift();
            waiting.push(value);
            goOn();
          },
          error,
          complete: () => {
            hasEnded = true;
            goOn();
          },
        }),
      );
    });
}
