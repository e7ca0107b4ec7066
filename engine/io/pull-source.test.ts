import fc from 'fast-check';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SourceEvent } from '../graph/ports.ts';
import { Gate, pullEvents } from './pull-source.ts';

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const notice = (text: string): SourceEvent => ({ kind: 'notice', text });

describe('the gate of a source', () => {
  it('is open for what was resumed after it was paused, whatever the order', () => {
    const partitions = [0, 1, 2];
    const anyStep = fc.record({
      open: fc.boolean(),
      which: fc.option(fc.subarray(partitions), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(anyStep), (steps) => {
        const gate = new Gate();
        const oracle = new Map(partitions.map((partition) => [partition, true]));
        for (const { open, which } of steps) {
          if (open) gate.resume(which);
          else gate.pause(which);
          for (const partition of which ?? partitions) oracle.set(partition, open);
          expect(partitions.map((partition) => gate.isOpen(partition))).toEqual([
            ...oracle.values(),
          ]);
        }
      }),
    );
  });

  it('lets those go on that wait for a partition, and no others', async () => {
    const gate = new Gate();
    const { signal } = new AbortController();
    const passed: number[] = [];
    gate.pause();
    for (const partition of [0, 1]) {
      void gate.opened([partition], signal).then(() => passed.push(partition));
    }
    gate.resume([1]);
    await turn();
    expect(passed).toEqual([1]);
    gate.resume();
    await turn();
    expect(passed).toEqual([1, 0]);
  });

  it('lets all go on when the reading is given up', async () => {
    const gate = new Gate();
    const abort = new AbortController();
    gate.pause();
    const waiting = gate.opened([0], abort.signal);
    abort.abort();
    await waiting;
  });
});

describe('events that are pulled', () => {
  it('come in order, with a turn of the event loop after each, then the end', async () => {
    const order: string[] = [];
    const events$ = pullEvents(async function* () {
      for (const text of ['a', 'b']) {
        order.push(`made ${text}`);
        setImmediate(() => order.push(`turn after ${text}`));
        yield notice(text);
      }
    });
    const events = await lastValueFrom(events$.pipe(toArray()));
    expect(events).toEqual([notice('a'), notice('b')]);
    expect(order.slice(0, 3)).toEqual(['made a', 'turn after a', 'made b']);
  });

  it('are not made before somebody listens', async () => {
    let isMade = false;
    const events$ = pullEvents(async function* () {
      isMade = true;
      yield notice('a');
    });
    await turn();
    expect(isMade).toBe(false);
    await lastValueFrom(events$);
    expect(isMade).toBe(true);
  });

  it('end with the error of the reading', async () => {
    const events$ = pullEvents(async function* () {
      yield notice('a');
      throw new Error('no disk');
    });
    await expect(lastValueFrom(events$)).rejects.toThrow('no disk');
  });

  it('stop when nobody listens, and what was opened is closed', async () => {
    let made = 0;
    let isClosed = false;
    const events$ = pullEvents(async function* () {
      try {
        for (;;) yield notice(String(made++));
      } finally {
        isClosed = true;
      }
    });
    const subscription = events$.subscribe({ error: () => expect.unreachable() });
    await turn();
    subscription.unsubscribe();
    for (let i = 0; i < 5; i++) await turn();
    expect(isClosed).toBe(true);
    const before = made;
    await turn();
    expect(made).toBe(before);
  });
});
