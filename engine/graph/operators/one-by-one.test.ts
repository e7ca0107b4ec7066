import { Subject, from, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { oneByOne } from './one-by-one.ts';

const scheduler = () =>
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });

describe('oneByOne', () => {
  it('begins the next when the one before has ended, in the order of arrival', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const inner: Record<string, string> = { a: '-----x|', b: '(y|)', c: '--z|' };
      const result$ = hot('a--b-c|').pipe(oneByOne((value) => cold(inner[value] as string)));
      expectObservable(result$).toBe('-----xy-z|');
    });
  });

  it('passes errors on at once, those of a projection that throws too, and completes when empty', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      expectObservable(hot('a---').pipe(oneByOne(() => cold('--#')))).toBe('--#');
      expectObservable(hot('a--#').pipe(oneByOne(() => cold('-----')))).toBe('---#');
      expectObservable(hot('---|').pipe(oneByOne(() => cold('-')))).toBe('---|');
      const thrown$ = hot('-a').pipe(
        oneByOne(() => {
          throw 'error' as unknown as Error;
        }),
      );
      expectObservable(thrown$).toBe('-#');
    });
  });

  it('unsubscribes from what is under way, and begins nothing that waited', () => {
    scheduler().run(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inner$ = cold('-----|');
      const result$ = hot('ab------').pipe(oneByOne(() => inner$));
      expectObservable(result$, '---!').toBe('----');
      expectSubscriptions(inner$.subscriptions).toBe(['^--!']);
    });
  });

  it('of what waits takes the last alone, where only that matters', () => {
    scheduler().run(({ cold, hot, expectObservable }) => {
      const result$ = hot('a-bcd-----e|').pipe(
        oneByOne((value) => cold(`------${value}|`), 'latest'),
      );
      expectObservable(result$).toBe('------a------d------e|');
    });
  });

  it('takes whatever has waited, however much', async () => {
    const source$ = new Subject<number>();
    const opened = Promise.withResolvers<number>();
    const found: number[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      source$
        .pipe(oneByOne((value) => (value === 0 ? from(opened.promise) : of(value))))
        .subscribe({ next: (value) => found.push(value), error: reject, complete: resolve });
    });
    for (let i = 0; i < 100_000; i++) source$.next(i);
    source$.complete();
    expect(found).toEqual([]);
    opened.resolve(0);
    await ended;
    expect(found).toHaveLength(100_000);
    expect(found.every((value, i) => value === i)).toBe(true);
  });
});
