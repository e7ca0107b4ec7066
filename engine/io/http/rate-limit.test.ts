import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.fixture.ts';
import { RateLimit } from './rate-limit.ts';

describe('RateLimit', () => {
  it('never lets more than its count start within its time, wherever that time begins', async () => {
    const clock = new ManualClock(0);
    const limit = new RateLimit({ count: 3, perMs: 1000 }, clock);
    const { signal } = new AbortController();
    const starts: number[] = [];
    const ask = (): void => void limit.turn(signal).then(() => starts.push(clock.now()));
    for (let i = 0; i < 2; i++) ask();
    for (let step = 0; step < 40; step++) {
      if (step === 9) for (let i = 0; i < 8; i++) ask();
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    expect(starts).toEqual([0, 0, 900, 1000, 1000, 1900, 2000, 2000, 2900, 3000]);
  });

  it('wakes those who wait when it is over', async () => {
    const limit = new RateLimit({ count: 1, perMs: 1000 }, new ManualClock(0));
    const abort = new AbortController();
    await limit.turn(abort.signal);
    const waiting = limit.turn(abort.signal);
    abort.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
