import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../graph/ports.ts';
import { Delivery } from './delivery.ts';
import { FlowGate } from './flow-gate.ts';
import { FrameAssembler } from './framed-socket.ts';

const known = [0, 1, 2];

/** A delivery with a fetcher that remembers what kafkajs would fetch. */
function rig(onEmit: () => void = () => undefined, { isForced = false } = {}) {
  const gate = new FlowGate();
  const emitted: Frame[] = [];
  const fetching = new Set(known);
  const fetcher = {
    pause: (partitions: readonly number[]) => partitions.forEach((p) => fetching.delete(p)),
    resume: (partitions: readonly number[]) => partitions.forEach((p) => fetching.add(p)),
  };
  const delivery = new Delivery({
    gate,
    emit: (frame) => {
      // What is handed on is open at that moment.
      for (const { partition } of frame.slices) {
        expect(isForced || gate.isOpen(partition)).toBe(true);
      }
      emitted.push(frame);
      onEmit();
    },
    partitions: () => known,
    fetcher: () => fetcher,
  });
  const pause = (partitions?: readonly number[]): void => {
    gate.pause(partitions);
    delivery.paused(partitions);
  };
  const resume = (partitions?: readonly number[]): void => {
    gate.resume(partitions, known);
    delivery.release();
  };
  return { gate, delivery, emitted, fetching, pause, resume };
}

function response(): Buffer {
  const bytes = Buffer.alloc(4 + 8);
  bytes.writeInt32BE(8);
  let frame: Buffer = Buffer.alloc(0);
  new FrameAssembler((whole) => (frame = whole)).push(bytes, bytes.length);
  return frame;
}

/** One response with one record of each wanted partition; the partitions that were taken. */
async function fetchOnce(
  delivery: Delivery,
  partitions: Iterable<number>,
  next: number[],
): Promise<number[]> {
  const bytes = response();
  const taken = [...partitions].filter((p) => delivery.wants(p, bytes));
  for (const p of taken) {
    const firstOffset = next[p] ?? 0;
    next[p] = firstOffset + 1;
    delivery.add(p, bytes.subarray(4), [
      { start: 0, length: 8, firstOffset, nextOffset: firstOffset + 1 },
    ]);
  }
  await Promise.resolve();
  return taken;
}

const offsetsOf = (frames: readonly Frame[], partition: number): number[] =>
  frames.flatMap(({ slices }) =>
    slices.filter((slice) => slice.partition === partition).map(({ firstOffset }) => firstOffset),
  );

describe('Delivery', () => {
  it('R4: hands on what it kept of partitions that are then said to go on behind a loss, no others', async () => {
    const { delivery, emitted, fetching, pause, resume } = rig(undefined, { isForced: true });
    pause();
    const next: number[] = [];
    expect(await fetchOnce(delivery, [0, 1], next)).toEqual([0, 1]);
    expect(emitted).toEqual([]);
    delivery.handOver(new Set([0]));
    expect([offsetsOf(emitted, 0), offsetsOf(emitted, 1)]).toEqual([[0], []]);
    resume();
    expect([offsetsOf(emitted, 0), offsetsOf(emitted, 1)]).toEqual([[0], [0]]);
    expect([...fetching].sort()).toEqual(known);
  });

  it('keeps the response on its way when all is paused, stops fetching, and hands it on first', async () => {
    const { delivery, emitted, fetching, pause, resume } = rig();
    const next = [0, 0, 0];
    pause();
    expect([...fetching]).toEqual(known);
    expect(await fetchOnce(delivery, fetching, next)).toEqual(known);
    expect(emitted).toEqual([]);
    expect([...fetching]).toEqual([]);
    expect(await fetchOnce(delivery, known, next)).toEqual([]);
    resume();
    expect(emitted).toHaveLength(1);
    expect([...fetching].sort()).toEqual(known);
  });

  it('takes nothing of single paused partitions', async () => {
    const { delivery, fetching, pause } = rig();
    pause([1]);
    expect([...fetching]).toEqual([0, 2]);
    expect(await fetchOnce(delivery, known, [0, 0, 0])).toEqual([0, 2]);
  });

  it('keeps the rest when a subscriber pauses again while it is given what was kept', async () => {
    const pauseAgain = { now: (): void => undefined };
    const { delivery, emitted, fetching, pause, resume } = rig(() => pauseAgain.now());
    const next = [0, 0, 0];
    pause();
    await fetchOnce(delivery, known, next);
    resume([2]); // splits what was kept in two
    expect(offsetsOf(emitted, 2)).toEqual([0]);
    await fetchOnce(delivery, [2], next);
    pause();
    expect([...fetching]).toEqual([]); // one response is kept already
    await fetchOnce(delivery, [2], next);
    pauseAgain.now = pause;
    resume();
    expect([offsetsOf(emitted, 0), offsetsOf(emitted, 2)]).toEqual([[0], [0, 1]]);
    resume();
    expect(next[2]).toBe(offsetsOf(emitted, 2).length);
  });

  it('hands on everything taken, once and in order, through any pauses and holds', async () => {
    const some = fc.option(fc.uniqueArray(fc.constantFrom(...known), { minLength: 1 }), {
      nil: undefined,
    });
    const step = fc.record({
      kind: fc.constantFrom('fetch', 'fetch', 'pause', 'resume', 'hold', 'free'),
      partitions: some,
      fetchAll: fc.boolean(),
      pausesAgain: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let isPausing = false;
        const { gate, delivery, emitted, fetching, pause, resume } = rig(() => {
          if (isPausing) pause();
        });
        const next = [0, 0, 0];
        for (const { kind, partitions, fetchAll, pausesAgain } of steps) {
          isPausing = pausesAgain;
          if (kind === 'pause') pause(partitions);
          else if (kind === 'resume') resume(partitions);
          else if (kind === 'fetch') await fetchOnce(delivery, fetchAll ? known : fetching, next);
          else {
            gate.hold(kind === 'hold');
            delivery.release();
          }
          // An open partition is fetched, whatever happened before.
          for (const p of known) if (gate.isOpen(p)) expect(fetching.has(p)).toBe(true);
        }
        isPausing = false;
        gate.hold(false);
        resume();
        await fetchOnce(delivery, fetching, next);
        for (const p of known) {
          expect(offsetsOf(emitted, p)).toEqual(Array.from({ length: next[p]! }, (_, i) => i));
        }
        expect(next.every((count) => count > 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
