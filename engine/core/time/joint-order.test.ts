import { describe, expect, it } from 'vitest';
import { type LogTime, freeUpTo, placeOf } from './joint-order.ts';

const log = (name: string, partition = 0) => ({ name, partition });
const time = (
  name: string,
  partition: number,
  watermark: number,
  is: Partial<LogTime> = {},
): LogTime => ({ log: log(name, partition), watermark, idle: false, ended: false, ...is });

describe('the order of records of several sources', () => {
  it('O2: a place is the watermark behind the record: what is late for others stands where it lies', () => {
    expect(placeOf(-Infinity, 100, 5)).toBe(95);
    expect(placeOf(95, 98, 5)).toBe(95);
    expect(placeOf(95, 120, 5)).toBe(115);
  });

  it('O2: records are free up to what the others can still bring; at one place the first by name goes first', () => {
    const logs = [time('a', 0, 10), time('a', 1, 20), time('b', 0, 12)];
    const free = (name: string, partition: number): number =>
      freeUpTo(log(name, partition), { logs, forcedUpTo: -Infinity }, 'all');
    expect([free('a', 0), free('a', 1), free('b', 0)]).toEqual([12, 9, 9]);
  });

  it('T5 T7: ended partitions bring nothing; idle ones are waited for until that is forced', () => {
    const logs = [time('a', 0, 10), time('b', 0, 4, { idle: true }), time('c', 0, 1, { ended: true })]; // prettier-ignore
    const times = { logs, forcedUpTo: -Infinity };
    expect(freeUpTo(log('a'), times, 'all')).toBe(4);
    expect(freeUpTo(log('a'), times, 'active')).toBe(Infinity);
    expect(freeUpTo(log('b'), times, 'active')).toBe(9);
    // What it brings from now on stands behind.
    expect(freeUpTo(log('a'), { logs, forcedUpTo: 10 }, 'all')).toBe(11);
  });

  it('T4: of a source whose partitions are not known anything may come', () => {
    const logs = [time('a', 0, 10), time('b', -1, -Infinity)];
    expect(freeUpTo(log('a'), { logs, forcedUpTo: -Infinity }, 'active')).toBe(-Infinity);
  });
});
