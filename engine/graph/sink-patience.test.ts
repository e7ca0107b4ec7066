import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan/planner.ts';
import { givingUp } from './sink-patience.ts';
import { openTally } from './tally.ts';

function open(giveUpAfterMs: number | undefined) {
  const flow$ = new Subject<never>();
  const ticks$ = new Subject<number>();
  const asked: number[] = [];
  const tally = openTally();
  const plan = {
    sinks: [{ name: 'a' }, { name: 'b' }],
    errors: { ...(giveUpAfterMs === undefined ? {} : { giveUpAfterMs }) },
  } as unknown as Plan;
  const seen: string[] = [];
  givingUp(flow$, { plan, tally, ticks$: (everyMs) => (asked.push(everyMs), ticks$) }).subscribe({
    error: (error: unknown) => seen.push((error as Error).message),
    complete: () => seen.push('complete'),
  });
  const look = (times: number): void => {
    for (let i = 0; i < times; i++) ticks$.next(i);
  };
  return { flow$, ticks$, asked, tally, seen, look };
}

describe('errors.sink.give_up_after', () => {
  it('ends the run when a sink with rows acknowledges none for ten looks and more', () => {
    const { asked, tally, seen, look } = open(60_000);
    expect(asked).toEqual([6_000]);
    tally.given.set('a', 9);
    tally.written.set('a', 9);
    look(50);
    tally.given.set('b', 3);
    look(10);
    expect(seen).toEqual([]);
    look(1);
    expect(seen).toEqual([
      'sink b took nothing for 60 s (errors.sink.give_up_after); nothing is lost: the next start goes on where it stood',
    ]);
  });

  it('begins anew with each acknowledgement, and does not outlive the flow', () => {
    const { flow$, ticks$, tally, seen, look } = open(1_000);
    tally.given.set('a', 100);
    for (let written = 1; written < 5; written++) {
      tally.written.set('a', written);
      look(10);
    }
    expect(seen).toEqual([]);
    flow$.complete();
    expect(seen).toEqual(['complete']);
    expect(ticks$.observed).toBe(false);
  });

  it('is the flow itself where nothing is set', () => {
    const plan = { errors: {} } as unknown as Plan;
    const tally = openTally();
    expect(givingUp(NEVER, { plan, tally, ticks$: () => NEVER })).toBe(NEVER);
  });
});
