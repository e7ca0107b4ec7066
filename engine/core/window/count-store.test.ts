import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import type { OpenWindows, WindowPlan } from './open-windows.ts';
import type { NaiveRecord } from './naive-windows.fixture.ts';
import { PartialBuilder } from './partial.ts';
import type { SnapshotPart } from './snapshot.ts';
import type { NaiveSlice } from './window-drive.fixture.ts';
import {
  KEYS,
  naiveRow,
  order,
  planOf,
  rowsOf,
  slices,
  sorted,
  tableOf,
} from './window-drive.fixture.ts';

const noTime = { size: 1, slide: 1, offset: 0, grace: 0, outOfOrder: 3 };

const countPlan = (size: number): WindowPlan => ({
  ...planOf(noTime),
  shape: { kind: 'count', size },
});

/** Rule W7 taken literally: the records of a key and partition by their offsets, `size` at a time. */
function naiveCounts(all: readonly NaiveSlice[], size: number, onlyFull: boolean) {
  const rows = new Map<string, string>();
  const records = all.flatMap((slice) => slice.records);
  const groups = Map.groupBy(records, ({ key, partition }) => `${key}/${partition}`);
  for (const [group, inside] of groups) {
    const ordered = inside.toSorted((a, b) => a.offset - b.offset);
    for (let index = 0; index * size < ordered.length; index++) {
      const window = ordered.slice(index * size, (index + 1) * size);
      if (onlyFull && window.length < size) continue;
      rows.set(`${index}/${group}`, naiveRow(window));
    }
  }
  return rows;
}

/** Feeds slices one after the other, as a run does. */
class Drive {
  readonly size: number;
  readonly builder: PartialBuilder;
  store: OpenWindows;
  readonly rows = new Map<string, string>();

  constructor(size: number) {
    this.size = size;
    this.builder = new PartialBuilder(countPlan(size));
    this.store = openStore(countPlan(size), order);
  }

  merge(slice: NaiveSlice) {
    return this.store.merge(tableOf(this.builder, slice, noTime, -Infinity), 7);
  }

  close(watermark: number, maxRows?: number): boolean {
    const closed = this.store.close(watermark, maxRows);
    rowsOf(closed, this.rows);
    return closed.more;
  }

  /** As after a crash: the snapshot comes back from a file, at odd addresses. */
  restore(): void {
    const snapshot = this.store.snapshot();
    const parts = Array.from(snapshot.parts, ({ header, buffers }) => ({
      header: JSON.parse(JSON.stringify(header)) as SnapshotPart['header'],
      buffers: buffers.map((bytes) => {
        const odd = new Uint8Array(bytes.length + 1);
        odd.set(bytes, 1);
        return odd.subarray(1);
      }),
    }));
    snapshot.release();
    const restored = openStore(countPlan(this.size), order);
    restored.restore(parts);
    expect(restored.counters).toEqual(this.store.counters);
    expect(restored.openGroups()).toEqual(this.store.openGroups());
    this.store = restored;
  }
}

const sizes = fc.integer({ min: 1, max: 7 });
const someSlices = fc.constantFrom(1, 3).chain((n) => slices(n));

const steps = fc.array(
  fc.record({
    closes: fc.boolean(),
    watermark: fc.constantFrom(-Infinity, 0, 1e9),
    limit: fc.constantFrom(1, 3, Infinity),
    restores: fc.boolean(),
    remaps: fc.boolean(),
  }),
  { minLength: 14, maxLength: 14 },
);

const record = (offset: number, key = 1, partition = 0): NaiveRecord => ({
  ...{ partition, offset, time: 0, key, value: offset },
});

const sliceOf = (...records: NaiveRecord[]): NaiveSlice => ({
  ...{ partition: records[0]?.partition ?? 0, told: true, records },
});

const total = (all: readonly NaiveSlice[]): number =>
  all.reduce((sum, { records }) => sum + records.length, 0);

describe('counted windows', () => {
  it('W7: rows are those of the rule, whatever the cuts, interleaving, closings and restarts', () => {
    fc.assert(
      fc.property(sizes, someSlices, steps, (size, all, course) => {
        const drive = new Drive(size);
        all.forEach((each, index) => {
          const { merged, late, lateIdle } = drive.merge(each);
          expect([merged, late, lateIdle]).toEqual([each.records.length, 0, 0]);
          const { closes, watermark, limit, restores, remaps } = course[index] ?? {};
          if (closes === true) drive.close(watermark ?? 0, limit);
          if (remaps === true)
            drive.store.remapKeys(Int32Array.from({ length: KEYS }, (_, k) => k));
          if (restores === true) drive.restore();
        });
        expect(drive.store.counters.contributed).toBe(total(all));
        drive.close(Infinity);
        expect(sorted(drive.rows)).toEqual(sorted(naiveCounts(all, size, false)));
        const { emitted, failed } = drive.store.counters;
        expect(emitted).toEqual({ groups: drive.rows.size, contributions: total(all) });
        expect(failed.groups).toBe(0);
        expect(drive.store.openGroups()).toEqual({ groups: 0, contributions: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('W7: a window comes out when it is full, also before any watermark, and the rest at the end only', () => {
    fc.assert(
      fc.property(sizes, someSlices, (size, all) => {
        const drive = new Drive(size);
        all.forEach((each, index) => {
          drive.merge(each);
          const full = naiveCounts(all.slice(0, index + 1), size, true);
          expect(drive.store.isDue(-Infinity)).toBe(full.size > drive.rows.size);
          drive.close(-Infinity);
          expect(sorted(drive.rows)).toEqual(sorted(full));
          expect(drive.store.isDue(1e15)).toBe(false);
        });
        expect(drive.store.isDue(Infinity)).toBe(true);
        drive.close(Infinity);
        expect(sorted(drive.rows)).toEqual(sorted(naiveCounts(all, size, false)));
        expect([drive.store.isDue(Infinity), drive.store.closedFrontier]).toEqual([
          false,
          Infinity,
        ]);
      }),
    );
  });

  it('W7: draws two groups in two partitions', () => {
    const drive = new Drive(3);
    //  partition 0   1 1 2 1 1 2 1        key 1: [0 1 3) [4 6 …    key 2: [2 5 …
    //  partition 1   2 2 2 1              key 2: [0 1 2)           key 1: [3 …
    drive.merge(sliceOf(...[1, 1, 2, 1, 1, 2, 1].map((key, offset) => record(offset, key))));
    drive.merge(sliceOf(...[2, 2, 2, 1].map((key, offset) => record(offset, key, 1))));
    drive.close(0);
    expect([...drive.rows.keys()]).toEqual(['0/1/0', '0/2/1']);
    drive.close(Infinity);
    expect([...drive.rows.keys()].slice(2).sort()).toEqual(['0/1/1', '0/2/0', '1/1/0']);
  });

  it('W7: counts by offset where records come by several inputs of a union', () => {
    const drive = new Drive(2);
    // One input has every second record, the other one the rest; each adds its own to the table.
    const [even, odd] = [0, 1].map((rest) => [0, 2, 4].map((offset) => record(offset + rest)));
    const table = (records: NaiveRecord[]) =>
      tableOf(drive.builder, sliceOf(...records), noTime, -Infinity);
    const joined = table([...(even ?? []), ...(odd ?? [])]);
    drive.store.merge(joined, 0);
    drive.close(0);
    expect(sorted(drive.rows)).toEqual(
      sorted(naiveCounts([sliceOf(...(even ?? []), ...(odd ?? []))], 2, true)),
    );
  });

  it('W4 T5: idleness condemns and closes nothing', () => {
    const drive = new Drive(3);
    drive.merge(sliceOf(record(0), record(1)));
    expect(drive.store.passesAnEnd(1e12)).toBe(false);
    drive.store.force(1e12);
    drive.close(1e12);
    drive.merge(sliceOf(record(2)));
    drive.close(1e12);
    expect([...drive.rows.keys()]).toEqual(['0/1/0']);
    expect(drive.store.forcedFrontier).toBe(-Infinity);
  });

  it('R7: gives no provisional rows', () => {
    const drive = new Drive(3);
    drive.merge(sliceOf(record(0)));
    expect(drive.store.openProvisional().length).toBe(0);
    expect(drive.store.openGroups()).toEqual({ groups: 1, contributions: 1 });
  });

  it('R1: a snapshot read slowly is the cut at which it was taken, while windows fill and leave', () => {
    fc.assert(
      fc.property(sizes, slices(3), slices(3), (size, before, after) => {
        const drive = new Drive(size);
        for (const each of before) drive.merge(each);
        const snapshot = drive.store.snapshot();
        drive.close(0, 2);
        for (const each of after) drive.merge(each);
        drive.close(0);
        const again = openStore(countPlan(size), order);
        again.restore(snapshot.parts);
        snapshot.release();
        const rows = rowsOf(again.close(Infinity));
        expect(sorted(rows)).toEqual(sorted(naiveCounts(before, size, false)));
      }),
      { numRuns: 200 },
    );
  });

  it('counts on where the rows of windows that have left are cleared away', () => {
    const drive = new Drive(2);
    let most = 0;
    const all: NaiveSlice[] = [];
    for (let from = 0; from < 9000; from += 97) {
      const slice = sliceOf(
        ...Array.from({ length: 97 }, (_, i) => record(from + i, (from + i) % 3)),
      );
      all.push(slice);
      drive.merge(slice);
      drive.close(0);
      most = Math.max(most, drive.store.sizeBytes);
    }
    expect(sorted(drive.rows)).toEqual(sorted(naiveCounts(all, 2, true)));
    expect(most).toBeLessThan(900_000);
  });

  it('refuses the state of other windows, and they that of counted ones', () => {
    const drive = new Drive(2);
    drive.merge(sliceOf(record(1)));
    const windows = openStore(planOf({ ...noTime, size: 9, slide: 9 }), order);
    windows.merge(tableOf(new PartialBuilder(planOf(noTime)), sliceOf(record(1)), noTime, 0), 0);
    expect(() => windows.restore(drive.store.snapshot().parts)).toThrow('it is of groups');
    expect(() => drive.store.restore(windows.snapshot().parts)).toThrow('it is of all');
    expect(() => drive.store.restore([])).toThrow('missing');
  });
});
