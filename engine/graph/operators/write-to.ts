import {
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  defer,
  finalize,
  ignoreElements,
  mergeMap,
  tap,
} from 'rxjs';
import type { Acknowledgements } from '../acknowledgements.ts';
import type { Account } from '../credit.ts';

/** What writing needs besides the port. */
export interface Writing<T> {
  readonly write: (batch: T) => Promise<void>;
  readonly sizeOf: (batch: T) => number;
  /** Charged from the hand-over to the acknowledgement. */
  readonly account: Account;
  readonly acks: Acknowledgements;
  /** Called once a batch is acknowledged. */
  readonly onWritten: (batch: T) => void;
}

/**
 * Hands each batch to a sink at once and emits nothing.
 *
 *     batches  a--b----|
 *     write a  ----✓
 *     write b     ---✓
 *     out      ----------|          completes when source and writes have
 *
 * Back pressure: none here. What is not acknowledged is charged to the account, and a full account
 * holds the dispatch of frames upstream. Sinks bound what they send at once by themselves.
 * A rejected write ends the output with its error. Unsubscribing gives the bytes back but leaves the
 * acknowledgement open: a snapshot must not count a write nobody waited for.
 */
export function writeTo<T>(writing: Writing<T>): OperatorFunction<T, never> {
  const { write, sizeOf, account, acks, onWritten } = writing;
  return (batches$) =>
    batches$.pipe(
      mergeMap((batch) => {
        const bytes = sizeOf(batch);
        account.charge(bytes);
        const acknowledge = acks.begin();
        return defer(() => write(batch)).pipe(
          whenComplete(() => {
            onWritten(batch);
            acknowledge();
          }),
          finalize(() => account.refund(bytes)),
          ignoreElements(),
        );
      }),
    );
}

const whenComplete =
  <T>(run: () => void): MonoTypeOperatorFunction<T> =>
  (source$: Observable<T>) =>
    source$.pipe(tap({ complete: run }));
