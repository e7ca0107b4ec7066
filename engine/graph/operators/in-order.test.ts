import fc from 'fast-check';
import {
  BehaviorSubject,
  NEVER,
  Subject,
  concat,
  firstValueFrom,
  from,
  of,
  timer,
  toArray,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

const scheduler = () =>
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });

describe('inOrder', () => {
  it('emits in the order of arrival when replies come in reverse', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const delay: Record<string, string> = { a: '-----(A|)', b: '---(B|)', c: '-(C|)' };
      const source$ = hot(' abc|');
      const result$ = source$.pipe(
        inOrder((v) => cold(delay[v] as string), 3, concat(of(false), NEVER)),
      );
      expectObservable(result$).toBe('-----(ABC|)');
    });
  });

  it('begins no more than the concurrency, and the next when a slot is free', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const delay: Record<string, string> = { a: '--(A|)', b: '-----(B|)', c: '-----(C|)' };
      const source$ = hot('(abc|)');
      const result$ = source$.pipe(
        inOrder((v) => cold(delay[v] as string), 2, concat(of(false), NEVER)),
      );
      expectObservable(result$).toBe('--A--B-(C|)');
    });
  });

  it('begins nothing while it is held', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const source$ = hot('ab|');
      const hold$ = concat(of(true), cold('------f', { f: false }));
      const result$ = source$.pipe(inOrder((v) => of(v), 2, hold$));
      expectObservable(result$).toBe('------(ab|)');
    });
  });

  it('takes whatever has waited while it was held, however much', () => {
    const source$ = new Subject<number>();
    const hold$ = new BehaviorSubject(true);
    const found: number[] = [];
    let isComplete = false;
    source$.pipe(inOrder((value) => of(value), 2, hold$)).subscribe({
      next: (value) => found.push(value),
      error: (cause: unknown) => expect.unreachable(String(cause)),
      complete: () => (isComplete = true),
    });
    for (let i = 0; i < 100_000; i++) source$.next(i);
    source$.complete();
    expect(found).toEqual([]);
    hold$.next(false);
    expect(found).toHaveLength(100_000);
    expect(found.every((value, i) => value === i)).toBe(true);
    expect(isComplete).toBe(true);
  });

  it('passes errors on at once and completes when empty', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const open$ = concat(of(false), NEVER);
      expectObservable(
        hot('ab---').pipe(inOrder((v) => cold(v === 'a' ? '----(a|)' : '-#'), 2, open$)),
      ).toBe('--#');
      expectObservable(hot('---#').pipe(inOrder(() => cold('-'), 2, open$))).toBe('---#');
      expectObservable(hot('---|').pipe(inOrder(() => cold('-'), 2, open$))).toBe('---|');
    });
  });

  it('unsubscribes from what is under way', () => {
    scheduler().run(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inner$ = cold('--------');
      const result$ = hot('a-------').pipe(inOrder(() => inner$, 2, concat(of(false), NEVER)));
      expectObservable(result$, '---!').toBe('----');
      expectSubscriptions(inner$.subscriptions).toBe('^--!');
    });
  });

  it('keeps the order whatever the delays, the concurrency and the holding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (delays, concurrency) => {
          const hold$ = new Subject<boolean>();
          const values$ = from(delays.entries()).pipe(
            inOrder(
              ([i, ms]) => timer(ms).pipe(inOrder(() => of(i), 1, of(false))),
              concurrency,
              concat(of(false), hold$),
            ),
            toArray(),
          );
          expect(await firstValueFrom(values$, { defaultValue: [] })).toEqual(
            delays.map((_, i) => i),
          );
        },
      ),
      { numRuns: 20 },
    );
  });
});
