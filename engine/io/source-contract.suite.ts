/**
 * What every source of bytes owes its caller, as one suite: `describeSource(name, harness)`.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Subscription } from 'rxjs';
import { openInput } from '../core/json/simd/input.ts';
import { openDecode } from '../../workers/decode.ts';
import { RecordTable } from '../../workers/records.ts';
import type { CsvMarks } from '../core/csv/dialect.ts';
import type { Frame, Positions, ResumePoint, SourceEvent, SourcePort } from '../graph/ports.ts';
import type { Framing } from '../plan/planner.ts';

/** A place to read from, filled. */
export interface SourcePlace {
  /** A source on the place; called again for a second run. */
  readonly source: () => SourcePort;
  /** Values of the records of each partition, in order; at least 10 in some partition. */
  readonly records: ReadonlyMap<number, readonly string[]>;
  /** Removes the place. */
  readonly remove: () => Promise<void>;
}

/** A kind of source under test. */
export interface SourceHarness {
  readonly framing: Framing;
  /** Of CSV. */
  readonly marks?: CsvMarks;
  /** Completes by itself (T7); else it says `empty` at the end. */
  readonly bounded: boolean;
  readonly place: () => Promise<SourcePlace>;
}

/** Values of a frame's records by partition, as the workers read them. */
export function recordsOf(
  frame: Frame,
  framing: Framing,
  marks: CsvMarks | null = null,
): Map<number, string[]> {
  const records = new Map<number, string[]>();
  const bytes = new Uint8Array(frame.buffer);
  const format =
    marks === null
      ? ({ kind: 'json', validate: 'read' } as const)
      : ({ kind: 'csv', ...marks, nullText: null } as const);
  const decode = openDecode({ framing, format }, openInput());
  for (const slice of frame.slices) {
    const portions = decode(
      bytes,
      { ...slice, maxEventTime: -Infinity },
      new RecordTable(),
      Infinity,
    );
    const values = Array.from(portions, (table) => {
      expect(table.offset[0]).toBeGreaterThanOrEqual(slice.firstOffset);
      return Array.from({ length: table.length }, (_, row) => {
        const part = table.bytes.subarray(table.valueStart[row], table.valueEnd[row]);
        return Buffer.from(part).toString('utf8');
      });
    });
    records.set(slice.partition, [...(records.get(slice.partition) ?? []), ...values.flat()]);
  }
  return records;
}

/** Resume points at offsets. */
export const startingAt = (offsets: Positions): ReadonlyMap<number, ResumePoint> =>
  new Map([...offsets].map(([p, nextOffset]) => [p, { nextOffset, lastBatch: null }]));

/** Everything a source said, until it completed, or until `isEnough`. */
export async function eventsOf(
  source: SourcePort,
  start: Positions,
  isEnough: (events: readonly SourceEvent[]) => boolean,
): Promise<SourceEvent[]> {
  const events: SourceEvent[] = [];
  let subscription: Subscription | undefined;
  await new Promise<void>((resolve, reject) => {
    subscription = source.open(startingAt(start)).subscribe({
      next: (event) => {
        events.push(event);
        if (isEnough(events)) resolve();
      },
      complete: resolve,
      error: reject,
    });
  });
  subscription?.unsubscribe();
  return events;
}

/** The frames among events. */
export const framesIn = (events: readonly SourceEvent[]): Frame[] =>
  events.flatMap((event) => (event.kind === 'frame' ? [event.frame] : []));

/** Runs the contract against one kind of source. */
export function describeSource(name: string, harness: SourceHarness): void {
  const { framing, bounded, marks = null } = harness;

  describe(`${name}: the contract of sources`, () => {
    const undo: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const step of undo.splice(0).reverse()) await step();
    });

    async function placed(): Promise<SourcePlace & { readonly ends: Map<number, number> }> {
      const place = await harness.place();
      undo.push(place.remove);
      const ends = new Map([...place.records].map(([p, records]) => [p, records.length]));
      return { ...place, ends };
    }

    /** True when every partition was read to its end, and an unbounded source said so. */
    const isAtEnd =
      (ends: Positions) =>
      (events: readonly SourceEvent[]): boolean => {
        if (bounded) return false;
        const next = new Map<number, number>();
        for (const { slices } of framesIn(events)) {
          for (const { partition, nextOffset } of slices) next.set(partition, nextOffset);
        }
        const isRead = [...ends].every(([p, end]) => end === 0 || next.get(p) === end);
        return isRead && events.at(-1)?.kind === 'empty';
      };

    /** Records by partition, checking that slices tile the offsets from `start` on. */
    function joined(frames: readonly Frame[], start: Positions): Map<number, string[]> {
      const records = new Map<number, string[]>();
      const next = new Map(start);
      for (const frame of frames) {
        for (const { partition, firstOffset, nextOffset } of frame.slices) {
          expect(firstOffset).toBe(next.get(partition) ?? 0);
          expect(nextOffset).toBeGreaterThan(firstOffset);
          next.set(partition, nextOffset);
        }
        for (const [partition, values] of recordsOf(frame, framing, marks)) {
          records.set(partition, [...(records.get(partition) ?? []), ...values]);
        }
      }
      return records;
    }

    const plain = (records: ReadonlyMap<number, readonly string[]>): [number, string[]][] =>
      [...records]
        .filter(([, values]) => values.length > 0)
        .map(([partition, values]): [number, string[]] => [partition, [...values]])
        .sort(([a], [b]) => a - b);

    it('names its partitions before anything else', async () => {
      const { source, records } = await placed();
      const [first] = await eventsOf(source(), new Map(), (events) => events.length > 0);
      expect(first).toMatchObject({ kind: 'partitions', partitions: [...records.keys()].sort() });
    });

    it('gives every record of every partition once, in order, in frames of the size announced', async () => {
      const { source, records, ends } = await placed();
      const opened = source();
      const frames = framesIn(await eventsOf(opened, new Map(), isAtEnd(ends)));
      expect(plain(joined(frames, new Map()))).toEqual(plain(records));
      for (const { buffer } of frames) {
        expect(buffer.byteLength).toBeLessThanOrEqual(opened.maxFrameBytes);
      }
    });

    it('tells its ends while it reads and when asked', async () => {
      const { source, ends } = await placed();
      expect(await source().ends()).toEqual(ends);
      const events = await eventsOf(source(), new Map(), isAtEnd(ends));
      const told = new Map<number, number>();
      for (const event of events) {
        if (event.kind === 'ends') for (const [p, end] of event.ends) told.set(p, end);
      }
      expect(told).toEqual(ends);
    });

    it('goes on where a snapshot left it, in the middle and at the end', async () => {
      const { source, records, ends } = await placed();
      const start = new Map([...ends].map(([p, end], i) => [p, i % 2 === 0 ? end >> 1 : end]));
      const atEnd = isAtEnd(new Map([...ends].filter(([p, end]) => start.get(p) !== end)));
      const frames = framesIn(await eventsOf(source(), start, atEnd));
      const rest = new Map([...records].map(([p, values]) => [p, values.slice(start.get(p))]));
      expect(plain(joined(frames, start))).toEqual(plain(rest));
    });

    it('gives away its buffers: one that is transferred takes nothing else with it', async () => {
      const { source, records, ends } = await placed();
      const copies: Frame[] = [];
      await eventsOf(source(), new Map(), (events) => {
        const event = events.at(-1);
        if (event?.kind === 'frame') {
          const { buffer, slices } = event.frame;
          copies.push({ buffer: structuredClone(buffer, { transfer: [buffer] }), slices });
        }
        return isAtEnd(ends)(events);
      });
      expect(plain(joined(copies, new Map()))).toEqual(plain(records));
    });

    it('reads any range of records once more', async () => {
      const { source, records } = await placed();
      const opened = source();
      for (const [partition, values] of records) {
        const first = Math.min(3, values.length - 1);
        if (first < 0) continue;
        for (const next of [first + 1, values.length]) {
          const frame = await opened.reread(partition, first, next);
          const read = recordsOf(frame, framing, marks).get(partition);
          // A frame may hold more than was asked for; its slices say what counts.
          expect(read?.slice(0, next - first)).toEqual(values.slice(first, next));
          const starts = frame.slices.map(({ firstOffset }) => firstOffset);
          const ends = frame.slices.map(({ nextOffset }) => nextOffset);
          expect([...starts, next]).toEqual([first, ...ends]);
        }
      }
    });

    it('reads nothing while it is paused, and all of it after the resume', async () => {
      const { source, records, ends } = await placed();
      const opened = source();
      opened.pause();
      opened.pause();
      let frames = 0;
      let isPaused = true;
      const read = eventsOf(opened, new Map(), (events) => {
        if (events.at(-1)?.kind === 'frame') frames++;
        if (isPaused) expect(frames).toBe(0);
        return isAtEnd(ends)(events);
      });
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      isPaused = false;
      opened.resume();
      expect(plain(joined(framesIn(await read), new Map()))).toEqual(plain(records));
    });

    it('reads other partitions while one is paused', async () => {
      const { source, records, ends } = await placed();
      const [paused, ...others] = [...records.keys()];
      if (paused === undefined || others.length === 0) return;
      const opened = source();
      opened.pause([paused]);
      const otherEnds = new Map([...ends].filter(([p]) => p !== paused));
      const read = await eventsOf(opened, new Map(), (events) => {
        const next = new Map<number, number>();
        for (const { slices } of framesIn(events)) {
          for (const { partition, nextOffset } of slices) next.set(partition, nextOffset);
        }
        return [...otherEnds].every(([p, end]) => end === 0 || next.get(p) === end);
      });
      const expected = new Map([...records].filter(([p]) => p !== paused));
      expect(plain(joined(framesIn(read), new Map()))).toEqual(plain(expected));
    });

    it('says nothing more when nobody listens', async () => {
      const { source } = await placed();
      let count = 0;
      await new Promise<void>((resolve, reject) => {
        const subscription = source()
          .open(new Map())
          .subscribe({
            next: () => {
              count++;
              queueMicrotask(() => {
                subscription.unsubscribe();
                resolve();
              });
            },
            error: reject,
          });
      });
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(count).toBe(1);
    });

    it('is the same source when it is opened again', async () => {
      const { source, ends } = await placed();
      const first = source();
      await eventsOf(first, new Map(), isAtEnd(ends));
      const second = source();
      await eventsOf(second, new Map(), isAtEnd(ends));
      expect(await first.identity()).not.toBe('');
      expect(await second.identity()).toBe(await first.identity());
    });

    it.runIf(bounded)('T7: completes', async () => {
      const { source } = await placed();
      const events = await eventsOf(source(), new Map(), () => false);
      expect(framesIn(events).length).toBeGreaterThan(0);
    });
  });
}
