import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Valve } from './valve.ts';

describe('Valve', () => {
  it('T6: leaves exactly the partitions paused that are ahead, and all while full', () => {
    const step = fc.oneof(
      fc.boolean(),
      fc.uniqueArray(fc.nat(4)).map((partitions) => new Set(partitions)),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const all = [0, 1, 2, 3, 4];
        const paused = new Set<number>();
        const valve = new Valve({
          pause: (partitions = all) => partitions.forEach((one) => paused.add(one)),
          resume: (partitions = all) => partitions.forEach((one) => paused.delete(one)),
        });
        let full = false;
        let ahead: ReadonlySet<number> = new Set();
        for (const change of steps) {
          if (typeof change === 'boolean') valve.setFull((full = change));
          else valve.setAhead((ahead = change));
          expect(paused).toEqual(full ? new Set(all) : ahead);
        }
      }),
    );
  });
});
