import { type MonoTypeOperatorFunction, Observable, type Subscription } from 'rxjs';

/**
 * Passes the source on until `stop$` says something, then completes; the source itself stays
 * subscribed until `keep` is unsubscribed.
 *
 *     source  a---b---c---d---        stop$  ---------s
 *     out     a---b---c|              the source is still open: a consumer can commit positions
 *
 * Back pressure: none. Errors before the stop are passed on, later ones are dropped.
 * Unsubscribing from the output leaves the source subscribed: `keep` owns it.
 */
export function stopOn<T>(
  stop$: Observable<unknown>,
  keep: Subscription,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable<T>((subscriber) => {
      const error = (cause: unknown): void => subscriber.error(cause);
      subscriber.add(stop$.subscribe({ next: () => subscriber.complete(), error }));
      if (subscriber.closed) return;
      keep.add(
        source$.subscribe({
          next: (value) => subscriber.next(value),
          error,
          complete: () => subscriber.complete(),
        }),
      );
    });
}
