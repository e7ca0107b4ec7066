import { describe, expect, it } from 'vitest';
import { PollClock } from './poll-clock.ts';

/** Polled time told for empty answers at these times. */
const told = (clock: PollClock, times: readonly number[]): (number | null)[] =>
  times.map((now) => clock.empty(0, now));

describe('PollClock', () => {
  it('T5: tells the first empty answer at once, then every quarter of a second', () => {
    const clock = new PollClock();
    expect(told(clock, [1000, 1050, 1200, 1250, 1300])).toEqual([0, null, null, 250, null]);
  });

  it('T5: counts from the last data, and begins anew after data', () => {
    const clock = new PollClock();
    clock.data(0, 1000);
    expect(told(clock, [1060, 1110])).toEqual([60, null]);
    clock.data(0, 1200);
    expect(told(clock, [1250])).toEqual([50]);
  });

  it('T5: does not count pauses', () => {
    const clock = new PollClock();
    expect(told(clock, [0, 300])).toEqual([0, 300]);
    clock.interrupt(0);
    expect(told(clock, [60_000, 60_300])).toEqual([null, 300]);
  });

  it('T5: counts no more than a second of a stalled answer', () => {
    expect(told(new PollClock(), [0, 45_000])).toEqual([0, 1000]);
  });

  it('keeps partitions apart', () => {
    const clock = new PollClock();
    expect([clock.empty(0, 0), clock.empty(1, 100), clock.empty(0, 400)]).toEqual([0, 0, 400]);
  });
});
