import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClosedWindows } from './closed-windows.ts';
import type { NaiveShape } from './naive-windows.fixture.ts';
import { NaiveWindows } from './naive-windows.fixture.ts';
import type { ChangedWindows } from './open-windows.ts';
import { PartialBuilder } from './partial.ts';
import { WindowStore } from './store.ts';
import { StoreDrive } from './store-drive.fixture.ts';
import type { NaiveSlice } from './window-drive.fixture.ts';
import {
  naiveRows,
  order,
  planOf,
  rowsOf,
  shapes,
  slices,
  sorted,
  tableOf,
} from './window-drive.fixture.ts';

type Drive = StoreDrive<NaiveShape, NaiveWindows>;

const driveOf = (shape: NaiveShape, partitions: number): Drive =>
  new StoreDrive({ shape, naive: new NaiveWindows(shape), plan: planOf(shape) }, partitions);

function changed({ store }: Drive, which: ChangedWindows): ClosedWindows {
  if (store.takeChanged === undefined) throw new Error('these windows keep their bounds');
  return store.takeChanged(which);
}

const partitionCounts = fc.constantFrom(1, 3);

/** The window of a row's name, `end/key/start`. */
const windowOf = (name: string): string => name.split('/').at(-1) ?? '';

describe('window store', () => {
  it('W1 W2 W3: rows and late counts are those of the rules record by record, whatever the cuts', () => {
    fc.assert(
      fc.property(
        shapes,
        partitionCounts.chain((n) => fc.tuple(fc.constant(n), slices(n))),
        fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
        (shape, [partitions, all], closes) => {
          const drive = driveOf(shape, partitions);
          let records = 0;
          all.forEach((slice, index) => {
            drive.merge(slice);
            records += slice.records.length;
            if (closes[index]) drive.close(drive.watermark);
          });
          drive.close(Infinity);
          expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
          const { late, latePartial, merged, lateIdle } = drive.counts;
          expect({ late, latePartial, lateIdle }).toEqual({
            late: drive.naive.late,
            latePartial: drive.naive.latePartial,
            lateIdle: 0,
          });
          expect(merged + late).toBe(records);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('W3 T7: the window over all input closes at the end of its input only', () => {
    const whole = {
      ...planOf({ size: 1, slide: 1, offset: 0, grace: 0, outOfOrder: 0 }),
      shape: { kind: 'whole' } as const,
    };
    const builder = new PartialBuilder(whole);
    let store = new WindowStore(whole, order);
    const feed = (times: readonly number[], before: number): void => {
      const records = times.map((time) => ({ partition: 0, offset: 0, key: 0, time, value: time }));
      const shape = { size: 1, slide: 1, offset: 0, grace: 0, outOfOrder: 0 };
      const table = tableOf(builder, { partition: 0, records, told: true }, shape, before);
      expect(store.merge(table, before)).toMatchObject({ merged: times.length, late: 0 });
    };
    feed([5_000, -7, 3], -Infinity);
    expect(store.close(8.64e15).length).toBe(0);
    const snapshot = store.snapshot();
    const again = new WindowStore(whole, order);
    again.restore(snapshot.parts);
    snapshot.release();
    store = again;
    // Long before the watermark: late for every window that has an end.
    feed([-1_000_000], 5_000);
    const rows = store.close(Infinity);
    expect(rows.length).toBe(1);
    expect([...rows.records]).toEqual([4]);
  });

  it('W2: a worker that was told the watermark leaves nothing unseen', () => {
    fc.assert(
      fc.property(shapes, slices(1), (shape, all) => {
        const drive = driveOf(shape, 1);
        for (const slice of all) drive.merge({ ...slice, told: true });
        expect(drive.counts.unseen).toBe(0);
      }),
    );
  });

  it('W4: records of windows that idleness closed are LATE_IDLE and reopen nothing', () => {
    const step = fc.record({
      force: fc.option(fc.integer({ min: -20, max: 60 }), { freq: 3 }),
      closeNow: fc.boolean(),
    });
    fc.assert(
      fc.property(
        shapes,
        slices(3),
        fc.array(step, { minLength: 14, maxLength: 14 }),
        (shape, all, steps) => {
          const drive = driveOf(shape, 3);
          all.forEach((slice, index) => {
            drive.merge(slice);
            const { force, closeNow } = steps[index] ?? { force: null, closeNow: false };
            if (force !== null) drive.store.force(force);
            if (closeNow) drive.close(drive.store.forcedFrontier);
          });
          drive.close(Infinity);
          expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
          expect(drive.counts.lateIdle).toBe(drive.naive.lateIdle);
          expect(drive.counts.late).toBe(drive.naive.late);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('T5: says whether a forced frontier would end any window', () => {
    const shape = { size: 10, slide: 5, offset: 0, grace: 3, outOfOrder: 0 };
    const { store } = driveOf(shape, 1);
    expect(store.passesAnEnd(-Infinity)).toBe(false);
    store.force(13);
    expect([17, 18].map((next) => store.passesAnEnd(next))).toEqual([false, true]);
    store.close(18);
    expect([18, 22, 23].map((next) => store.passesAnEnd(next))).toEqual([false, false, true]);
  });

  it('L1: contributions are emitted or open, at any time', () => {
    fc.assert(
      fc.property(shapes, slices(1), (shape, all) => {
        const drive = driveOf(shape, 1);
        drive.store.startAt(10);
        for (const slice of all) {
          drive.merge(slice);
          drive.close(drive.watermark, 3);
          const { contributed, emitted, partialStart, failed } = drive.store.counters;
          expect(failed.groups).toBe(0);
          expect(contributed).toBe(
            emitted.contributions +
              partialStart.contributions +
              drive.store.openGroups().contributions,
          );
        }
        const open = drive.store.openGroups().groups;
        const before = drive.store.counters;
        drive.close(Infinity);
        const after = drive.store.counters;
        expect(open).toBe(
          after.emitted.groups -
            before.emitted.groups +
            after.partialStart.groups -
            before.partialStart.groups,
        );
        expect(drive.store.openGroups()).toEqual({ groups: 0, contributions: 0 });
      }),
      { numRuns: 200 },
    );
  });

  it('R3 W8: of the rows at and behind `outputStartsAt` none is missing, and no earlier start holds', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.integer({ min: -20, max: 40 }), (shape, all, startsAt) => {
        const drive = driveOf(shape, 1);
        drive.store.startAt(startsAt);
        const starts = drive.store.outputStartsAt;
        for (const slice of all) drive.merge(slice);
        drive.close(Infinity);
        const behind = [...naiveRows(drive.naive)].filter(
          ([name]) => Number.parseInt(name, 10) - 1 >= starts,
        );
        expect(drive.rows.entries().toArray()).toEqual(expect.arrayContaining(behind));
        // The window that ends there begins before `startsAt`.
        expect(starts - shape.size).toBeLessThan(startsAt);
        expect(starts - shape.size + shape.slide).toBeGreaterThanOrEqual(startsAt);
      }),
    );
    expect(
      driveOf({ size: 2, slide: 1, offset: 0, grace: 0, outOfOrder: 0 }, 1).store,
    ).toHaveProperty('outputStartsAt', -Infinity);
  });

  it('R7: provisional rows are those the open windows would have, and change nothing', () => {
    fc.assert(
      fc.property(shapes, slices(1), slices(1), (shape, before, after) => {
        const drive = driveOf(shape, 1);
        for (const slice of before) drive.merge(slice);
        drive.close(drive.watermark);
        const open = rowsOf(drive.store.openProvisional());
        expect(sorted(new Map([...drive.rows, ...open]))).toEqual(sorted(naiveRows(drive.naive)));
        for (const slice of after) drive.merge(slice);
        drive.close(Infinity);
        expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
      }),
      { numRuns: 200 },
    );
  });

  it('W5: what has changed since it was last given is given as it is now, once, and nothing else', () => {
    const step = fc.record({
      ended: fc.boolean(),
      onlyNew: fc.boolean(),
      closes: fc.boolean(),
      asks: fc.boolean(),
    });
    fc.assert(
      fc.property(
        shapes,
        slices(1),
        fc.array(step, { minLength: 14, maxLength: 14 }),
        (shape, all, steps) => {
          const drive = driveOf(shape, 1);
          const given = new Map<string, string>();
          const endOf = (name: string): number => Number.parseInt(name, 10);
          all.forEach((slice, index) => {
            const { ended, onlyNew, closes, asks } = steps[index] as (typeof steps)[number];
            drive.merge(slice);
            if (closes) drive.close(drive.watermark);
            if (!asks) return;
            const endedBy = ended ? drive.watermark : Infinity;
            const which = { endedBy, onlyNew };
            const rows = rowsOf(changed(drive, which));
            const now = naiveRows(drive.naive);
            const givenWindows = new Set(given.keys().map(windowOf));
            for (const [name, row] of rows) {
              expect(now.get(name)).toBe(row);
              expect(endOf(name)).toBeLessThanOrEqual(endedBy);
              expect(drive.rows.has(name)).toBe(false);
              if (onlyNew) expect(givenWindows.has(windowOf(name))).toBe(false);
            }
            for (const [name, row] of now) {
              const isOpen = endOf(name) + shape.grace > drive.store.closedFrontier;
              if (!isOpen || endOf(name) > endedBy || given.get(name) === row) continue;
              if (onlyNew && givenWindows.has(windowOf(name))) continue;
              expect(rows.get(name)).toBe(row);
            }
            for (const [name, row] of rows) given.set(name, row);
            expect(changed(drive, which).length).toBe(0);
          });
          drive.close(Infinity);
          expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('W5 R3: windows that lack records are not given before they are final either', () => {
    const drive = driveOf({ size: 10, slide: 10, offset: 0, grace: 5, outOfOrder: 0 }, 1);
    drive.store.startAt(7);
    const records = [8, 12].map((time, offset) => ({
      partition: 0,
      offset,
      time,
      key: 1,
      value: 1,
    }));
    drive.merge({ partition: 0, told: true, records });
    const rows = rowsOf(changed(drive, { endedBy: Infinity, onlyNew: false }));
    expect([...rows.keys()]).toEqual(['20/1/10']);
  });

  it('R3: windows that begin before the first event time read give no rows and are counted', () => {
    const shape = { size: 10, slide: 5, offset: 0, grace: 0, outOfOrder: 0 };
    const drive = driveOf(shape, 1);
    drive.store.startAt(7);
    // time       0    5  7 10   15   20
    // windows  [─────────)              begins before 7: no row
    //               [─────────)         begins before 7: no row
    //                    [─────────)    one row
    drive.merge({
      partition: 0,
      told: true,
      records: [7, 12].map((time) => ({ partition: 0, offset: 0, time, key: 1, value: 1 })),
    });
    drive.close(Infinity);
    expect([...drive.rows.keys()]).toEqual(['20/1/10']);
    expect(drive.store.counters.partialStart).toEqual({ groups: 2, contributions: 3 });
  });

  it('W8: rows come out by (window end, key)', () => {
    fc.assert(
      fc.property(shapes, slices(3), (shape, all) => {
        const drive = driveOf(shape, 3);
        for (const slice of all) drive.merge(slice);
        const { length, keys, windowEnd } = drive.store.close(Infinity);
        for (let row = 1; row < length; row++) {
          const end = (windowEnd[row] as number) - (windowEnd[row - 1] as number);
          expect(end).toBeGreaterThanOrEqual(0);
          if (end === 0) expect(keys[row]).toBeLessThan(keys[row - 1] as number);
        }
      }),
    );
  });

  it('stops at the limit of rows between windows and goes on where it stopped', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.integer({ min: 1, max: 4 }), (shape, all, limit) => {
        const drive = driveOf(shape, 1);
        for (const slice of all) drive.merge(slice);
        while (drive.close(Infinity, limit));
        expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
        expect(drive.store.closedFrontier).toBe(Infinity);
      }),
    );
  });

  it('jumps over empty time without looking at the windows in it', () => {
    const shape = { size: 60, slide: 1, offset: 0, grace: 0, outOfOrder: 0 };
    const drive = driveOf(shape, 1);
    const at = (time: number): NaiveSlice => ({
      partition: 0,
      told: true,
      records: [{ partition: 0, offset: 0, time, key: 0, value: 1 }],
    });
    drive.merge(at(-8e15));
    drive.merge(at(8e15));
    drive.close(drive.watermark);
    expect(drive.rows.size).toBe(60);
    drive.close(Infinity);
    expect(drive.rows.size).toBe(120);
  });

  it('gives no row for a sum out of range, but says which group it was', () => {
    const plan = {
      ...planOf({ size: 10, slide: 10, offset: 0, grace: 0, outOfOrder: 0 }),
      accumulators: [{ kind: 'exact_sum', slots: [0], types: ['long'] as const }],
      results: [
        { name: 'total', aggregate: 'sum', accumulator: 0, type: 'long' as const, nullable: false },
      ],
    };
    const builder = new PartialBuilder(plan);
    const most = Number.MAX_SAFE_INTEGER;
    builder.add({
      selection: { rows: Int32Array.of(0, 1, 2, 3), count: 4 },
      keys: Int32Array.of(0, 0, 1, 1),
      partition: 0,
      offsets: Float64Array.of(0, 1, 2, 3),
      eventTimes: Float64Array.of(1, 2, 3, 4),
      watermarks: new Float64Array(4).fill(-Infinity),
      vectors: [{ kind: 'number', values: Float64Array.of(most, 1, most, 0), valid: null }],
    });
    const store = new WindowStore(plan, order);
    store.merge(builder.take(), -Infinity);
    const closed = store.close(Infinity);
    expect(Array.from(closed.keys)).toEqual([1]);
    expect(closed.vectors).toEqual([
      { kind: 'number', values: Float64Array.of(most), valid: null },
    ]);
    expect(closed.failures).toEqual([
      { key: 0, windowStart: 0, windowEnd: 10, result: 'total', records: 2 },
    ]);
    expect(store.counters.failed).toEqual({ groups: 1, contributions: 2 });
  });
});
