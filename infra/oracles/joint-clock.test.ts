import { describe, expect, it } from 'vitest';
import { JointClock } from './joint-clock.ts';

// Small cases, worked out by hand: two sources, the second without disorder.

/** The clock after some records: source, partition, event time. */
function after(...records: readonly (readonly [number, number, number])[]): JointClock {
  const clock = new JointClock([
    { outOfOrder: 5, idle: 30 },
    { outOfOrder: 0, idle: 20 },
  ]);
  clock.add(0, [0, 1], -Infinity);
  clock.add(1, [0], -Infinity);
  for (const record of records) clock.records(...record);
  return clock;
}

describe('the clock of several sources', () => {
  it('T4: is the least of all partitions, each by the disorder of its source, and never goes back', () => {
    const clock = after([0, 0, 100], [0, 1, 50]);
    expect(clock.watermark).toBe(-Infinity);
    clock.records(1, 0, 47);
    expect(clock.watermark).toBe(45);
    clock.add(1, [1], 12);
    expect(clock.watermark).toBe(45);
    clock.records(1, 1, 99);
    clock.records(0, 1, 99);
    expect(clock.watermark).toBe(47);
  });

  it('T5: goes on with polled time when all are idle, by the source that was polled least', () => {
    const clock = after([0, 0, 100], [1, 0, 80]);
    // The first empty fetch is enough for one that never had a record.
    clock.empty(0, 1, 1);
    expect(clock.watermark).toBe(80);
    clock.empty(1, 0, 20);
    expect(clock.watermark).toBe(95);
    clock.empty(0, 0, 29);
    expect(clock.watermark).toBe(95);
    clock.empty(0, 0, 1);
    clock.empty(0, 0, 7);
    expect(clock.watermark).toBe(95);
    clock.empty(1, 0, 4);
    expect(clock.watermark).toBe(99);
    clock.empty(1, 0, 4);
    expect(clock.watermark).toBe(102);
  });

  it('T7: goes by the others once a source has ended', () => {
    const clock = after([0, 0, 100], [1, 0, 10]);
    clock.end(0);
    expect(clock.watermark).toBe(10);
    clock.empty(1, 0, 20);
    expect(clock.watermark).toBe(95);
    clock.empty(1, 0, 3);
    expect(clock.watermark).toBe(98);
    clock.end(1);
    expect(clock.watermark).toBe(Infinity);
  });

  it('T5: has to be shown again after a restart that partitions are idle', () => {
    const clock = after([0, 0, 100], [0, 1, 90], [1, 0, 10]);
    clock.empty(1, 0, 20);
    expect(clock.watermark).toBe(85);
    const later = after();
    later.restore(clock.save());
    later.add(0, [0, 1], 3);
    later.records(0, 1, 95);
    expect(later.watermark).toBe(85);
    later.empty(1, 0, 1);
    expect(later.watermark).toBe(90);
  });
});
