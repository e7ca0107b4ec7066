import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceClock } from './watermark.ts';

const plan = { outOfOrderMs: 10, idleMs: 100 };

/** A clock with partitions 0 … n − 1. */
function clockOf(partitions: number): SourceClock {
  const clock = new SourceClock(plan);
  clock.addPartitions(Array.from({ length: partitions }, (_, partition) => partition));
  return clock;
}

describe('source clock', () => {
  it('T2: the watermark of a partition is its greatest event time minus out_of_order', () => {
    const clock = clockOf(1);
    expect(clock.watermarkOf(0)).toBe(-Infinity);
    clock.observe(0, 50);
    clock.observe(0, 30);
    clock.observe(0, -Infinity);
    expect(clock.maxOf(0)).toBe(50);
    expect(clock.watermarkOf(0)).toBe(40);
  });

  it('T4: the watermark is the least of all partitions, and says which one holds it back', () => {
    const clock = clockOf(3);
    clock.observe(0, 500);
    clock.observe(1, 300);
    expect(clock.watermark()).toBe(-Infinity);
    expect(clock.heldBy()).toBe(2);
    clock.observe(2, 400);
    expect(clock.watermark()).toBe(290);
    expect(clock.heldBy()).toBe(1);
    expect(clock.forced()).toBeNull();
  });

  it('T4: a partition that is empty at the start is idle at once', () => {
    const clock = clockOf(2);
    clock.observe(0, 500);
    clock.empty(1, 0);
    expect(clock.watermark()).toBe(490);
    expect(clock.settled()).toBe(-Infinity);
    expect(clock.forced()).toBe(490);
    expect(clock.idle()).toEqual([1]);
  });

  it('T4: a partition that is being filled is waited for, however empty it is', () => {
    const clock = new SourceClock({ outOfOrderMs: 10, idleMs: 100 });
    clock.addPartitions([0, 1], true);
    clock.observe(0, 1000);
    clock.empty(1, 0);
    expect(clock.watermark()).toBe(-Infinity);
    clock.empty(1, 100);
    expect(clock.watermark()).toBe(990);
  });

  it('T4: a partition added later starts at the frontier and is waited for', () => {
    const clock = clockOf(1);
    clock.observe(0, 500);
    clock.addPartitions([0, 1]);
    expect(clock.watermarkOf(1)).toBe(490);
    clock.observe(0, 900);
    expect(clock.watermark()).toBe(490);
    clock.empty(1, 99);
    expect(clock.watermark()).toBe(490);
    clock.empty(1, 1);
    expect(clock.watermark()).toBe(890);
  });

  it('T5: idle is polled time without records, and a record ends it', () => {
    const clock = clockOf(2);
    clock.observe(0, 500);
    clock.observe(1, 200);
    clock.empty(1, 60);
    clock.observe(1, 210);
    clock.empty(1, 60);
    expect(clock.watermark()).toBe(200);
    clock.empty(1, 40);
    expect(clock.watermark()).toBe(490);
    expect(clock.settled()).toBe(200);
    expect(clock.forced()).toBe(490);
    // Back again: the watermark does not go back, the partition's own is its own.
    clock.observe(1, 220);
    expect(clock.watermark()).toBe(490);
    expect(clock.watermarkOf(1)).toBe(210);
    clock.observe(1, 600);
    expect(clock.forced()).toBeNull();
    expect(clock.settled()).toBe(490);
  });

  it('T5: when all are idle the greatest watermark goes on with polled time', () => {
    const clock = clockOf(2);
    clock.observe(0, 500);
    clock.observe(1, 200);
    clock.empty(0, 100);
    clock.empty(1, 60);
    expect(clock.watermark()).toBe(190);
    clock.empty(1, 40);
    expect(clock.watermark()).toBe(490);
    clock.empty(0, 70);
    expect(clock.watermark()).toBe(490);
    clock.empty(1, 50);
    expect(clock.watermark()).toBe(540);
    clock.observe(0, 530);
    expect(clock.watermark()).toBe(540);
    expect(clock.forced()).toBe(540);
  });

  it('T5: whole milliseconds of polled time count, whatever the clock measures', () => {
    const clock = clockOf(1);
    clock.observe(0, 500);
    clock.empty(0, 100.25);
    expect(clock.watermark()).toBe(490);
    clock.empty(0, 0.75);
    clock.empty(0, 0.75);
    expect(clock.watermark()).toBe(491);
    expect(clock.forced()).toBe(491);
  });

  it('T5: a partition that goes idle does not put off the others', () => {
    const clock = clockOf(3);
    for (const partition of [0, 1, 2]) clock.observe(partition, 200 + partition);
    clock.empty(1, 60);
    clock.empty(0, 100);
    clock.empty(1, 40);
    expect(clock.idle()).toEqual([0, 1]);
    expect(clock.watermark()).toBe(192);
  });

  it('T5: a source that never had a record has no time', () => {
    const clock = clockOf(2);
    clock.empty(0, 1e6);
    clock.empty(1, 1e6);
    clock.empty(0, 1e6);
    expect(clock.watermark()).toBe(-Infinity);
    expect(clock.forced()).toBeNull();
    expect(clock.heldBy()).toBeNull();
  });

  it('T6: partitions too far ahead are held until they are within half of the drift', () => {
    const clock = clockOf(3);
    clock.observe(0, 1000);
    expect([...clock.ahead(100)]).toEqual([]);
    clock.observe(1, 880);
    expect([...clock.ahead(100)]).toEqual([0]);
    const held = clock.ahead(100);
    clock.observe(1, 949);
    expect(clock.ahead(100)).toBe(held);
    clock.observe(1, 950);
    expect([...clock.ahead(100)]).toEqual([]);
    clock.observe(2, 0);
    expect([...clock.ahead(100)]).toEqual([0, 1]);
    // The slowest goes idle: nobody waits for it.
    clock.empty(2, 100);
    expect([...clock.ahead(100)]).toEqual([]);
  });

  it('T7: a source that ends has no more watermark to wait for', () => {
    const clock = clockOf(2);
    clock.observe(0, 100);
    clock.end(1);
    expect(clock.watermark()).toBe(90);
    expect(clock.forced()).toBeNull();
    clock.end();
    expect(clock.watermark()).toBe(Infinity);
    expect(clock.settled()).toBe(Infinity);
    expect(clock.forced()).toBeNull();
    const empty = new SourceClock(plan);
    empty.end();
    expect(empty.watermark()).toBe(Infinity);
  });

  type Step = (clock: SourceClock) => void;
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 400 })).map(
        ([partition, time]): Step =>
          (clock) =>
            clock.observe(partition, time),
      ),
      fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 120 })).map(
        ([partition, ms]): Step =>
          (clock) =>
            clock.empty(partition, ms),
      ),
      fc.nat(5).map(
        (partition): Step =>
          (clock) =>
            clock.addPartitions([partition]),
      ),
    ),
    { maxLength: 30 },
  );

  it('R1 T4: never goes back, settles below itself, and goes on alike after a restart', () => {
    fc.assert(
      fc.property(steps, fc.nat(30), (all, stop) => {
        let clock = clockOf(3);
        const straight = clockOf(3);
        let watermark = -Infinity;
        let settled = -Infinity;
        all.forEach((step, index) => {
          step(clock);
          step(straight);
          if (index === stop) {
            const json = JSON.stringify(clock.snapshot());
            clock = new SourceClock(plan);
            clock.restore(JSON.parse(json) as ReturnType<SourceClock['snapshot']>);
          }
          expect(clock.snapshot()).toEqual(straight.snapshot());
          expect(clock.watermark()).toBeGreaterThanOrEqual(watermark);
          expect(clock.settled()).toBeGreaterThanOrEqual(settled);
          watermark = clock.watermark();
          settled = clock.settled();
          expect(settled).toBeLessThanOrEqual(watermark);
          for (let partition = 0; partition < 4; partition++) {
            expect(settled).toBeLessThanOrEqual(clock.watermarkOf(partition));
          }
        });
      }),
    );
  });

  it('T5, T7: knows how far the records have come, whatever has ended or is idle', () => {
    const clock = new SourceClock({ outOfOrderMs: 10, idleMs: 100 });
    expect(clock.reached()).toBe(-Infinity);
    clock.addPartitions([0, 1, 2]);
    clock.observe(0, 500);
    clock.observe(1, 300);
    clock.empty(1, 100);
    clock.empty(2, 0);
    expect(clock.watermark()).toBe(490);
    clock.end();
    expect(clock.watermark()).toBe(Infinity);
    expect(clock.reached()).toBe(290);
  });
});
