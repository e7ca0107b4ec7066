import { describe, expect, it } from 'vitest';
import { ArchiveOrder } from './archive-order.ts';

describe('the order of an archive', () => {
  it('R10: takes each record once, by partition and offset', () => {
    const order = new ArchiveOrder(new Map([[1, 5]]));
    expect([0, 1, 2].map((offset) => order.take(0, offset))).toEqual([true, true, true]);
    expect([3, 4, 5, 6].map((offset) => order.take(1, offset))).toEqual([false, false, true, true]);
    expect(order.repeated).toBe(2);
    expect(order.next).toEqual([
      [1, 7],
      [0, 3],
    ]);
  });

  it('R10: files a late record with its neighbours, so that parts follow each other', () => {
    const order = new ArchiveOrder(new Map());
    expect([10, 30, 20, 40].map((time) => order.timeOfFile(0, time))).toEqual([10, 30, 30, 40]);
    expect(order.timeOfFile(1, 5)).toBe(5);
  });
});
