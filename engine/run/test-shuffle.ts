/** Other orders of records that must give the same rows. */
import { randomOf } from '../core/random.ts';

/** What is known of a record that is moved. */
export interface Movable {
  readonly partition: number;
  /** Event time, epoch ms; −∞ of a record that has none. */
  readonly eventTime: number;
}

/** How records may be moved. */
export interface Moving {
  readonly seed: number;
  readonly outOfOrderMs: number;
  /** True: records of one partition keep their order. */
  readonly isOrdered: boolean;
}

/**
 * Another order: records of one partition change places where that makes none of them late, nor saves
 * one from being late; then the partitions interleave at random. `maxima`: the greatest event time of
 * each partition so far, which is kept up. O(records²) at worst.
 */
export function shuffled<R extends Movable>(
  records: readonly R[],
  { seed, outOfOrderMs, isOrdered }: Moving,
  maxima: Map<number, number>,
): R[] {
  const random = randomOf(seed);
  const logs = Map.groupBy(records, ({ partition }) => partition);
  const left = [...logs.values()].map((log) => [...log]);
  for (const log of left) {
    const max = maxima.get(log[0]?.partition ?? 0) ?? -Infinity;
    if (!isOrdered) displace(log, { outOfOrderMs, max, random });
  }
  for (const { partition, eventTime } of records) {
    maxima.set(partition, Math.max(maxima.get(partition) ?? -Infinity, eventTime));
  }
  return Array.from(records, () => {
    const open = left.filter((log) => log.length > 0);
    return open[Math.floor(random() * open.length)]?.shift() as R;
  });
}

/** Swaps neighbours, each pair that may be half of the time, over and over. */
function displace(
  log: Movable[],
  { outOfOrderMs, max, random }: { outOfOrderMs: number; max: number; random: () => number },
): void {
  for (let pass = 0; pass < Math.min(log.length, 32); pass++) {
    let before = max;
    for (let i = 0; i + 1 < log.length; i++) {
      const [a, b] = [log[i] as Movable, log[i + 1] as Movable];
      if (random() < 0.5 && maySwap(a.eventTime, b.eventTime, { before, outOfOrderMs })) {
        [log[i], log[i + 1]] = [b, a];
      }
      before = Math.max(before, (log[i] as Movable).eventTime);
    }
  }
}

/**
 * Whether neither record's lateness (W2, W6) depends on which of the two comes first: the other one
 * moves no watermark, or not up to the record's time. Records of one time keep their order (O1).
 */
function maySwap(
  a: number,
  b: number,
  { before, outOfOrderMs }: { before: number; outOfOrderMs: number },
): boolean {
  const leaves = (other: number, own: number): boolean =>
    other <= before || other - outOfOrderMs < own;
  return a !== b && leaves(a, b) && leaves(b, a);
}
