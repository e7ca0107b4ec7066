import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Movable, shuffled } from './test-shuffle.ts';

const OUT_OF_ORDER = 10;
const SIZE = 15;

const logs = fc.array(
  fc.record({ partition: fc.nat(2), eventTime: fc.oneof(fc.nat(60), fc.constant(-Infinity)) }),
  { maxLength: 12 },
);

/** By record: the windows of 15 it is too late for by its own partition (W2), and of sessions (W6). */
function lateness(records: readonly Movable[], maxima = new Map<number, number>()) {
  const max = new Map(maxima);
  return new Map(
    records.map((record) => {
      const { partition, eventTime } = record;
      const watermark = (max.get(partition) ?? -Infinity) - OUT_OF_ORDER;
      max.set(partition, Math.max(max.get(partition) ?? -Infinity, eventTime));
      const end = (Math.floor(eventTime / SIZE) + 1) * SIZE;
      return [record, `${String(end <= watermark)} ${String(eventTime <= watermark)}`] as const;
    }),
  );
}

test('other orders hold the same records, each as late as before', () => {
  let moved = 0;
  const property = fc.property(
    logs,
    logs,
    fc.nat(),
    fc.boolean(),
    (first, then, seed, isOrdered) => {
      const maxima = new Map<number, number>();
      const moving = { seed, outOfOrderMs: OUT_OF_ORDER, isOrdered };
      const all = [...first, ...then];
      const other = [...shuffled(first, moving, maxima), ...shuffled(then, moving, maxima)];
      expect(new Set(other)).toEqual(new Set(all));
      expect(other).toHaveLength(all.length);
      const [before, after] = [lateness(all), lateness(other)];
      for (const record of all) expect(after.get(record)).toBe(before.get(record));
      for (const partition of [0, 1, 2]) {
        const of = (records: readonly Movable[]) =>
          records.filter((r) => r.partition === partition);
        if (isOrdered) expect(of(other)).toEqual(of(all));
        else if (of(other).some((record, i) => record !== of(all)[i])) moved++;
      }
    },
  );
  fc.assert(property, { numRuns: 500 });
  expect(moved).toBeGreaterThan(20);
});

test('records of one time keep their order in their partition (O1)', () => {
  const same = Array.from({ length: 6 }, (_, n) => ({ partition: 0, eventTime: 5, n }));
  for (let seed = 0; seed < 20; seed++) {
    const moving = { seed, outOfOrderMs: OUT_OF_ORDER, isOrdered: false };
    expect(shuffled(same, moving, new Map())).toEqual(same);
  }
});
