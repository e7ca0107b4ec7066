import { describe, expect, it } from 'vitest';
import { warmPace } from './pace.ts';

const look = (records: number, elapsedMs: number, cpuMs: number) => ({ records, elapsedMs, cpuMs });

describe('the pace of a drain that has warmed up', () => {
  it('is that from the first look behind the middle to the end', () => {
    const looks = [
      look(0, 0, 500),
      look(100, 500, 1000),
      look(500, 1000, 1700),
      look(900, 1500, 2300),
    ];
    expect(warmPace([...looks, look(1000, 1750, 2500)])).toEqual({
      eventsPerSecond: 500 / 0.75,
      cpuSecondsPerMillion: 1600,
    });
  });

  it('is not known of a drain that was over before anybody looked', () => {
    expect(warmPace([])).toBeNull();
    expect(warmPace([look(0, 0, 100), look(1000, 400, 900)])).toBeNull();
  });
});
