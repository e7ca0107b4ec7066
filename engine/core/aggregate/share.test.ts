import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../batch.ts';
import { aggregateOf, aggregates } from './registry.ts';
import type { AggregateCall } from './share.ts';
import { shareAccumulators } from './share.ts';

const call = (aggregate: string, slot: number | null, type: ColumnType | null): AggregateCall => ({
  aggregate,
  slots: slot === null ? [] : [slot],
  types: type === null ? [] : [type],
});

/** Kinds of the accumulators, and the kind that each call reads. */
function kindsOf(...calls: AggregateCall[]): { kinds: string[]; read: (string | undefined)[] } {
  const { accumulators, assigned } = shareAccumulators(calls);
  return {
    kinds: accumulators.map(({ kind }) => kind),
    read: assigned.map((index) => accumulators[index]?.kind),
  };
}

describe('shared accumulators', () => {
  it('let avg read the moments where there is a variance, and a sum where there is none', () => {
    const avg = call('avg', 3, 'double');
    expect(kindsOf(avg).kinds).toEqual(['sum']);
    expect(kindsOf(avg, call('sum', 3, 'double'), call('var_samp', 3, 'double'))).toEqual({
      kinds: ['moments'],
      read: ['moments', 'moments', 'moments'],
    });
    expect(kindsOf(avg, call('var_samp', 4, 'double')).kinds).toEqual(['moments', 'sum']);
  });

  it('keep sums of integers exact', () => {
    const { kinds, read } = kindsOf(
      call('avg', 1, 'int'),
      call('sum', 1, 'int'),
      call('count', 1, 'int'),
    );
    expect(kinds).toEqual(['exact_sum']);
    expect(read).toEqual(['exact_sum', 'exact_sum', 'exact_sum']);
  });

  it('count values with whatever looks at the column', () => {
    expect(kindsOf(call('count', 1, 'double'), call('max', 1, 'double')).kinds).toEqual(['max']);
    expect(kindsOf(call('count', 1, 'string')).kinds).toEqual(['count']);
    expect(kindsOf(call('count', null, null), call('count', null, null)).kinds).toEqual(['rows']);
  });

  it('give every call an accumulator over its column that it can read', () => {
    const calls = fc.array(
      fc
        .tuple(fc.constantFrom(...aggregates.keys()), fc.nat(2))
        .map(([aggregate, slot]) =>
          call(aggregate, slot, (['double', 'long', 'int'] as const)[slot] ?? 'int'),
        ),
    );
    fc.assert(
      fc.property(calls, (all) => {
        const { accumulators, assigned } = shareAccumulators(all);
        all.forEach(({ aggregate, slots, types }, index) => {
          const read = accumulators[assigned[index] as number];
          expect(read?.slots).toEqual(slots);
          expect(aggregateOf(aggregate).accumulators(types)).toContain(read?.kind);
        });
        const names = accumulators.map(({ kind, slots }) => `${kind}/${slots.join()}`);
        expect(new Set(names).size).toBe(names.length);
        expect(new Set(assigned).size).toBe(accumulators.length);
      }),
    );
  });
});
