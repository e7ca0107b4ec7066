import { Subject, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { openStore } from '../core/window/open-store.ts';
import { PartialBuilder } from '../core/window/partial.ts';
import { definition, planned } from '../plan/definition.fixture.ts';
import type { WindowNode } from '../plan/planner.ts';
import { type WindowStep, closing } from './closing.ts';
import { KeySpace } from './key-space.ts';
import { openTally } from './tally.ts';

/** A window stage without groups, what it gives, and what drives it; all times in seconds. */
function drive(window: string, emit: string, key = '[window_start]') {
  const [node] = planned(
    definition({
      stages: `w: { from: readings, window: { ${window} }, aggregate: { n: count() }, emit: ${emit} }`,
      sinks: `out: { from: w, cassandra: { table: w, primary_key: ${key} } }`,
    }),
  ).stages as [WindowNode];
  const keys = new KeySpace(0, node.keys);
  const store = openStore(node, () => keys.order());
  const frontier$ = new Subject<number>();
  const tick$ = new Subject<number>();
  const asked: number[] = [];
  const found: string[] = [];
  const ticks$ = (everyMs: number): Subject<number> => (asked.push(everyMs), tick$);
  const context = { tally: openTally(), hold$: of(false), ticks$ };
  const told = { isComplete: false };
  closing(frontier$, { node, index: 0, keys, store }, context).subscribe({
    next: (step) => found.push(...textsOf(step)),
    error: (error: unknown) => found.push(String(error)),
    complete: () => (told.isComplete = true),
  });
  const builder = new PartialBuilder(node);
  return {
    asked,
    told,
    frontier$,
    /** Records at these times. */
    merge: (...times: number[]): void => {
      const rows = Int32Array.from(times, (_, row) => row);
      const selection = { rows, count: times.length };
      const eventTimes = Float64Array.from(times, (t) => t * 1000);
      const watermarks = new Float64Array(times.length).fill(-Infinity);
      const offsets = Float64Array.from(rows);
      const ids = keys.idsOf([], selection);
      builder.add({
        selection,
        keys: ids,
        partition: 0,
        eventTimes,
        offsets,
        watermarks,
        vectors: [],
      });
      store.merge(builder.take(), -Infinity);
    },
    to: (frontier: number) => frontier$.next(frontier * 1000),
    tick: () => tick$.next(0),
    take: () => found.splice(0),
  };
}

const textsOf = (step: WindowStep): string[] => {
  if (step.kind !== 'rows' && step.kind !== 'provisional') return [];
  const [start, , n] = step.rows.vectors;
  if (start?.kind !== 'number' || n?.kind !== 'number') throw new Error('no numbers');
  const word = step.kind === 'rows' ? 'final' : 'so far';
  return Array.from(start.values, (each, row) => `${word} ${each / 1000}: ${n.values[row]}`);
};

describe('W7: windows that count', () => {
  it('give rows when they are full, also where no watermark is known, and at the end the rest', () => {
    const { merge, to, take } = drive('count: 2', 'final', '[partition, window_index]');
    merge(1, 2, 3, 4, 5);
    to(-Infinity);
    expect(take()).toEqual(['final 0: 2', 'final 0: 2']);
    to(1e9);
    expect(take()).toEqual([]);
    to(Infinity);
    expect(take()).toEqual(['final 0: 1']);
  });
});

describe('W5: when rows come out', () => {
  it('final: at end + grace, and no clock is asked', () => {
    const { asked, merge, to, tick, take } = drive('tumbling: 10s, grace: 5s', 'final');
    merge(1, 2);
    to(12);
    tick();
    expect(take()).toEqual([]);
    to(15);
    expect(take()).toEqual(['final 0: 2']);
    expect(asked).toEqual([]);
  });

  it('on_end: at the end, again when they have changed, at most once a second, and at end + grace', () => {
    const { asked, merge, to, tick, take } = drive('tumbling: 10s, grace: 5s', 'on_end');
    merge(1, 2);
    to(9);
    tick();
    expect(take()).toEqual([]);
    to(10);
    expect(take()).toEqual(['so far 0: 2']);
    merge(3, 12);
    to(11);
    expect(take()).toEqual([]);
    tick();
    tick();
    expect(take()).toEqual(['so far 0: 3']);
    to(25);
    expect(take()).toEqual(['final 0: 3', 'final 10: 1']);
    tick();
    expect(take()).toEqual([]);
    expect(asked).toEqual([1000]);
  });

  it('on_end without grace: the final row is the one at the end', () => {
    const { merge, to, take } = drive('tumbling: 10s', 'on_end');
    merge(1);
    to(10);
    expect(take()).toEqual(['final 0: 1']);
  });

  it('every: open windows that have changed, by the clock, then the final row', () => {
    const { asked, merge, to, tick, take } = drive('sliding: 20s, every: 10s', '{ every: 30s }');
    merge(5, 15);
    to(7);
    expect(take()).toEqual([]);
    tick();
    expect(take()).toEqual(['so far -10: 1', 'so far 0: 2', 'so far 10: 1']);
    merge(16);
    tick();
    tick();
    expect(take()).toEqual(['so far 0: 3', 'so far 10: 2']);
    to(20);
    expect(take()).toEqual(['final -10: 1', 'final 0: 3']);
    expect(asked).toEqual([30_000]);
  });

  it('ends with its frontiers, whatever the clock does', () => {
    const { told, frontier$, merge, tick, take } = drive('tumbling: 10s', '{ every: 30s }');
    merge(1);
    frontier$.complete();
    expect(told.isComplete).toBe(true);
    tick();
    expect(take()).toEqual([]);
  });
});
