import { NEVER, Subject, concat, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { paced } from './paced.ts';

const scheduler = (): TestScheduler =>
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
const open$ = concat(of(false), NEVER);
const fail = (cause: unknown): never => {
  throw cause;
};

describe('paced', () => {
  it('emits everything at once when nothing holds it, and completes when empty', () => {
    scheduler().run(({ expectObservable }) => {
      expectObservable(paced(['a', 'b'], open$)).toBe('(ab|)');
      expectObservable(paced([], open$)).toBe('|');
    });
  });

  it('asks for nothing while it is held', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const hold$ = cold('t--f---', { t: true, f: false });
      expectObservable(paced(['a', 'b'], hold$)).toBe('---(ab|)');
    });
  });

  it('stops between two values when the first one fills what they go to', () => {
    const hold$ = new Subject<boolean>();
    const seen: unknown[] = [];
    let made = 0;
    const values = {
      *[Symbol.iterator]() {
        for (; made < 3; made++) yield made;
      },
    };
    paced(values, hold$).subscribe({
      next: (value) => {
        seen.push(value);
        hold$.next(true);
      },
      error: (cause: unknown) => seen.push(cause),
      complete: () => seen.push('complete'),
    });
    expect([made, seen]).toEqual([0, []]);
    hold$.next(false);
    expect([made, seen]).toEqual([0, [0]]);
    hold$.next(false);
    hold$.next(false);
    hold$.next(false);
    expect([made, seen]).toEqual([3, [0, 1, 2, 'complete']]);
  });

  it('passes errors on', () => {
    const failing = {
      *[Symbol.iterator](): Generator<string> {
        throw new Error('broken');
      },
    };
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(paced(['a'], cold<boolean>('--#'))).toBe('--#');
      expectObservable(paced(failing, open$)).toBe('#', {}, new Error('broken'));
    });
  });

  it('ends the iteration when it is unsubscribed from', () => {
    let ended = false;
    const values = {
      *[Symbol.iterator]() {
        try {
          yield 1;
          yield 2;
        } finally {
          ended = true;
        }
      },
    };
    const hold$ = new Subject<boolean>();
    const subscription = paced(values, hold$).subscribe({
      next: () => hold$.next(true),
      error: fail,
    });
    hold$.next(false);
    expect(ended).toBe(false);
    subscription.unsubscribe();
    expect(ended).toBe(true);
  });
});
