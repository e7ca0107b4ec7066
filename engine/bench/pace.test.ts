import { describe, expect, it } from 'vitest';
import { paceOf } from './pace.ts';

const look = (records: number, elapsedMs: number, cpuMs: number) => ({ records, elapsedMs, cpuMs });

describe('the pace of the halves of a drain', () => {
  it('changes at the first look behind the middle', () => {
    const looks = [
      look(0, 0, 500),
      look(100, 500, 1000),
      look(500, 1000, 1700),
      look(900, 1500, 2300),
    ];
    // Its first bytes came 100 ms after its first look.
    expect(paceOf([...looks, look(1000, 1750, 2500)], 1650)).toEqual({
      eventsPerSecond: 500 / 0.75,
      cpuSecondsPerMillion: 1600,
      firstEventsPerSecond: 500 / 0.9,
    });
  });

  it('is not known of a drain that was over before anybody looked', () => {
    expect(paceOf([], 1)).toBeNull();
    expect(paceOf([look(0, 0, 100), look(1000, 400, 900)], 400)).toBeNull();
  });
});
