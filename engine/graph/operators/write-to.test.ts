import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Acknowledgements } from '../acknowledgements.ts';
import { Account } from '../credit.ts';
import { writeTo } from './write-to.ts';

const tick = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

function open() {
  const batches$ = new Subject<number>();
  const settle = new Map<number, { resolve: () => void; reject: (e: Error) => void }>();
  const account = new Account(1000, 10);
  const acks = new Acknowledgements();
  const seen: unknown[] = [];
  const subscription = batches$
    .pipe(
      writeTo({
        write: (batch) =>
          new Promise<void>((resolve, reject) => settle.set(batch, { resolve, reject })),
        sizeOf: (batch) => batch,
        account,
        acks,
        onWritten: (batch) => seen.push(batch),
      }),
    )
    .subscribe({
      error: (error: unknown) => seen.push(error),
      complete: () => seen.push('complete'),
    });
  return { batches$, settle, account, acks, seen, subscription };
}

describe('writeTo', () => {
  it('holds bytes and acknowledgement until the sink has acknowledged', async () => {
    const { batches$, settle, account, acks, seen } = open();
    batches$.next(5);
    batches$.next(7);
    expect(account.heldBytes).toBe(12);
    expect(acks.pending).toBe(2);
    settle.get(7)?.resolve();
    await tick();
    expect([account.heldBytes, acks.pending, seen]).toEqual([5, 1, [7]]);
    batches$.complete();
    settle.get(5)?.resolve();
    await tick();
    expect([account.heldBytes, acks.pending, seen]).toEqual([0, 0, [7, 5, 'complete']]);
  });

  it('ends with the error of a write, which is never acknowledged', async () => {
    const { batches$, settle, account, acks, seen } = open();
    const failure = new Error('disk full');
    batches$.next(5);
    settle.get(5)?.reject(failure);
    await tick();
    expect([account.heldBytes, acks.pending, seen]).toEqual([0, 1, [failure]]);
  });

  it('gives the bytes back when it is unsubscribed from, and completes when empty', () => {
    const one = open();
    one.batches$.next(5);
    one.subscription.unsubscribe();
    expect([one.account.heldBytes, one.acks.pending]).toEqual([0, 1]);
    const two = open();
    two.batches$.complete();
    expect(two.seen).toEqual(['complete']);
  });
});
