import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../workers/protocol.ts';
import { LetterWatch } from './letter-watch.ts';

const letterAt = (offset: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  ...{ code: 'DECODE', reason: 'no JSON', stage: 'readings', source: 'readings' },
  ...{ partition: 0, offset, timestamp: null, key: null, value: new Uint8Array() },
  ...more,
});

const watchOf = (share: number, ofLast: number): LetterWatch =>
  new LetterWatch({
    ...{ decode: 'dead_letter', expression: 'dead_letter' },
    ...{ deadLetter: { kind: 'stdout', config: {}, connection: null } },
    stopWhen: { share, ofLast },
  } as never);

/** Whether some `ofLast` offsets in a row have more letters than the share allows. */
const isTooMany = (offsets: readonly number[], share: number, ofLast: number): boolean => {
  const bad = new Set(offsets);
  return offsets.some((last) => {
    let count = 0;
    for (let offset = last; offset > last - ofLast; offset--) if (bad.has(offset)) count++;
    return count > share * ofLast;
  });
};

describe('stop_when', () => {
  it('stops exactly when too many of some records in a row are letters, however they are batched', () => {
    const offsets = fc.uniqueArray(fc.nat(60), { maxLength: 30 });
    fc.assert(
      fc.property(
        offsets,
        fc.constantFrom(0.1, 0.25, 0.5, 1),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(6)),
        (found, share, ofLast, cuts) => {
          const watch = watchOf(share, ofLast);
          const rest = found.toSorted((a, b) => a - b).map((offset) => letterAt(offset));
          const run = (): void => {
            for (const cut of cuts) watch.see(rest.splice(0, cut).toReversed());
            watch.see(rest);
          };
          if (isTooMany(found, share, ofLast)) expect(run).toThrow(/stop_when/);
          else expect(run).not.toThrow();
        },
      ),
    );
  });

  it('never stops at a share of all, nor for a small share of very many records at once', () => {
    const letters = Array.from({ length: 3_000 }, (_, i) => letterAt(i));
    expect(() => watchOf(1, 1_000).see(letters)).not.toThrow();
    const sparse = Array.from({ length: 4_000 }, (_, i) => letterAt(25 * i));
    expect(() => watchOf(0.05, 10_000).see(sparse)).not.toThrow();
  });

  it('takes a record with several letters for one, and partitions and sources apart', () => {
    const watch = watchOf(0.5, 4);
    watch.see([letterAt(1), letterAt(1, { stage: 'felt', code: 'EXPRESSION' }), letterAt(2)]);
    watch.see([letterAt(3, { partition: 1 }), letterAt(3, { source: 'other' })]);
    expect(() => watch.see([letterAt(3)])).toThrow(
      '3 of the last 4 records of readings partition 0 are dead letters, more than 50 %',
    );
  });

  it('does not count late records, nor rows of windows', () => {
    const watch = watchOf(0.5, 2);
    watch.see([letterAt(1, { code: 'LATE' }), letterAt(2, { code: 'LATE_IDLE' })]);
    watch.see([letterAt(-1, { partition: -1 }), letterAt(-1, { partition: -1 })]);
    expect(() => watch.see([letterAt(3), letterAt(4)])).toThrow(/stop_when/);
  });
});
