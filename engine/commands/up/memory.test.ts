import { describe, expect, it } from 'vitest';
import { MemoryWatch } from './memory.ts';

describe('MemoryWatch', () => {
  it('keeps the peak of each part, and that of the sum at one instant', () => {
    const watch = new MemoryWatch();
    watch.see(
      new Map([
        ['kafka', 300],
        ['stream', 150],
      ]),
    );
    watch.see(
      new Map([
        ['kafka', 310],
        ['batch', 120],
      ]),
    );
    expect(watch.parts).toEqual([
      { name: 'kafka', peakMib: 310 },
      { name: 'stream', peakMib: 150 },
      { name: 'batch', peakMib: 120 },
    ]);
    expect(watch.peakSumMib).toBe(450);
    expect(watch.text).toContain('together, at the most   450 MiB');
  });
});
