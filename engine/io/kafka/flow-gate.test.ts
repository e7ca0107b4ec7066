import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowGate } from './flow-gate.ts';

const known = [0, 1, 2, 3];
const some = fc.option(fc.uniqueArray(fc.constantFrom(...known), { minLength: 1 }), {
  nil: undefined,
});

describe('FlowGate', () => {
  it('is open exactly for the partitions that a set of paused ones does not hold', () => {
    const step = fc.record({ pause: fc.boolean(), partitions: some });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const gate = new FlowGate();
        const paused = new Set<number>();
        for (const { pause, partitions } of steps) {
          if (pause) gate.pause(partitions);
          else gate.resume(partitions, known);
          for (const partition of partitions ?? known) {
            if (pause) paused.add(partition);
            else paused.delete(partition);
          }
          for (const partition of known)
            expect(gate.isOpen(partition)).toBe(!paused.has(partition));
        }
      }),
    );
  });

  it('keeps what arrives during a pause of all, and nothing during other pauses', () => {
    const gate = new FlowGate();
    gate.pause();
    expect([gate.isOpen(0), gate.keeps(0)]).toEqual([false, true]);
    gate.pause([0]);
    expect(gate.keeps(0)).toBe(false);
    gate.resume(undefined, known);
    gate.hold(true);
    expect([gate.isOpen(0), gate.keeps(0)]).toEqual([false, false]);
    gate.hold(false);
    expect([gate.isOpen(0), gate.keeps(0)]).toEqual([true, true]);
  });
});
