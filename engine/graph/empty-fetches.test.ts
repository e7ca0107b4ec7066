import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SourceClock } from '../core/time/watermark.ts';
import { openRuntimes } from '../run/parts.ts';
import { openLedger } from './credit.ts';
import { EmptyFetches } from './empty-fetches.ts';
import type { Merged } from './merged.ts';
import type { PoolPort, SourceEvent, SourcePort } from './ports.ts';
import { plan } from './scenario.fixture.ts';
import { sourceFlow } from './source-flow.ts';

const PARTITIONS = [0, 1, 2];
const clockPlan = { outOfOrderMs: 5_000, idleMs: 30_000 };

type Told =
  | Extract<SourceEvent, { kind: 'empty' }>
  | { readonly kind: 'records'; readonly partition: number; readonly time: number };

const told: fc.Arbitrary<Told> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('empty' as const),
      partition: fc.constantFrom(...PARTITIONS),
      end: fc.nat(9),
      polledMs: fc.constantFrom(50, 5_000, 20_000, 40_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('records' as const),
      partition: fc.constantFrom(...PARTITIONS),
      time: fc.nat(100_000),
    }),
  },
);

/** A clock that is told of events. */
function clockOf(): { clock: SourceClock; tell: (event: Told) => void } {
  const clock = new SourceClock(clockPlan);
  clock.addPartitions(PARTITIONS);
  const tell = (event: Told): void => {
    if (event.kind === 'empty') clock.empty(event.partition, event.polledMs);
    else clock.observe(event.partition, event.time);
  };
  return { clock, tell };
}

const polledMs = (stretch: readonly Told[], partition: number): number =>
  stretch.reduce(
    (sum, each) =>
      sum + (each.kind === 'empty' && each.partition === partition ? each.polledMs : 0),
    0,
  );

/** The watermark after each stretch, with fetches added up and without; all else must be the same. */
function watermarks(stretches: readonly Told[][]): { joined: number; apart: number }[] {
  const [all, joined] = [clockOf(), clockOf()];
  const fetches = new EmptyFetches();
  return stretches.map((stretch) => {
    const line: Told[] = [];
    for (const event of stretch) {
      all.tell(event);
      const own = fetches.push(event);
      if (own !== null) line.push(own);
    }
    const others = stretch.filter(({ kind }) => kind === 'records').length;
    expect(line.length).toBeLessThanOrEqual((others + 1) * PARTITIONS.length + others);
    for (const event of line) {
      fetches.shift(event);
      joined.tell(event);
    }
    expect(joined.clock.idle()).toEqual(all.clock.idle());
    expect(joined.clock.settled()).toBe(all.clock.settled());
    return { joined: joined.clock.watermark(), apart: all.clock.watermark() };
  });
}

describe('empty fetches that wait', () => {
  it('T5: make the same partitions idle as one by one, and move the watermark no further', () => {
    // One fetch asks for all partitions: each has waited as long as the others.
    const round = told.map((event): Told[] =>
      event.kind === 'empty' ? PARTITIONS.map((partition) => ({ ...event, partition })) : [event],
    );
    const stretches = fc.array(fc.array(round, { maxLength: 10 }), { maxLength: 6 });
    fc.assert(
      fc.property(stretches, (all) => {
        for (const { joined, apart } of watermarks(all.map((each) => each.flat()))) {
          expect(joined).toBeLessThanOrEqual(apart);
        }
      }),
    );
  });

  it('T5: move the watermark by no more than one partition was polled, if partitions are polled apart', () => {
    fc.assert(
      fc.property(fc.array(fc.array(told, { maxLength: 30 }), { maxLength: 6 }), (stretches) => {
        let slack = 0;
        watermarks(stretches).forEach(({ joined, apart }, index) => {
          for (const partition of PARTITIONS) {
            slack = Math.max(slack, polledMs(stretches[index] ?? [], partition));
          }
          expect(joined).toBeLessThanOrEqual(apart + slack);
        });
      }),
    );
  });

  it('keep the line short while a sink is out for an hour, and are merged when it is back', () => {
    const port = { pause: () => undefined, resume: () => undefined } as unknown as SourcePort;
    const [source] = openRuntimes(plan, [port]).sources;
    if (source === undefined) throw new Error('the scenario has no source');
    const ledger = openLedger(1_000);
    const events$ = new Subject<SourceEvent>();
    const merged: Merged[] = [];
    const pool: PoolPort = {
      workers: 1,
      run: () => Promise.reject(new Error('there are no frames')),
      close: () => Promise.resolve(),
    };
    sourceFlow(source, events$, pool, ledger).subscribe({
      next: (each) => merged.push(each),
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    events$.next({ kind: 'partitions', partitions: PARTITIONS, filling: true });
    ledger.rows.charge(1_000);
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 50) {
      for (const partition of PARTITIONS) {
        events$.next({ kind: 'empty', partition, end: 0, polledMs: 50 });
      }
    }
    expect(merged).toHaveLength(1);
    expect(source.clock.idle()).toEqual([]);
    ledger.rows.refund(1_000);
    expect(merged).toHaveLength(1 + PARTITIONS.length);
    expect(source.clock.idle()).toEqual(PARTITIONS);
    // What comes later has a place of its own.
    events$.next({ kind: 'empty', partition: 1, end: 0, polledMs: 50 });
    expect(merged).toHaveLength(2 + PARTITIONS.length);
  });
});
