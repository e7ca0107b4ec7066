import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NaiveShape } from './naive-windows.fixture.ts';
import { NaiveWindows } from './naive-windows.fixture.ts';
import { PartialBuilder } from './partial.ts';
import type { SnapshotPart } from './snapshot.ts';
import { WindowStore } from './store.ts';
import type { NaiveSlice } from './window-drive.fixture.ts';
import {
  KEYS,
  naiveRows,
  order,
  planOf,
  rowsOf,
  shapes,
  slices,
  sorted,
  tableOf,
} from './window-drive.fixture.ts';

/** Parts as they come back from a file: JSON and bytes at odd addresses. */
const stored = (parts: Iterable<SnapshotPart>): SnapshotPart[] =>
  Array.from(parts, ({ header, buffers }) => ({
    header: JSON.parse(JSON.stringify(header)) as SnapshotPart['header'],
    buffers: buffers.map((bytes) => {
      const odd = new Uint8Array(bytes.length + 1);
      odd.set(bytes, 1);
      return odd.subarray(1);
    }),
  }));

/** Runs slices through stores; `at` looks at the store after each slice and may replace it. */
function run(
  shape: NaiveShape,
  all: readonly NaiveSlice[],
  at: (store: WindowStore, index: number) => WindowStore,
): { rows: Map<string, string>; naive: NaiveWindows } {
  const naive = new NaiveWindows(shape);
  const builder = new PartialBuilder(planOf(shape));
  const rows = new Map<string, string>();
  let store = new WindowStore(planOf(shape), order);
  all.forEach((slice, index) => {
    const before = naive.watermarkOf(slice.partition);
    store.merge(tableOf(builder, slice, shape, before), before);
    for (const record of slice.records) naive.add(record);
    if (index % 2 === 0) rowsOf(store.close(naive.watermarkOf(0)), rows);
    store = at(store, index);
  });
  rowsOf(store.close(Infinity), rows);
  return { rows, naive };
}

describe('window snapshots', () => {
  it('R1: a store restored at any point gives the rows of one that never stopped', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.nat(13), (shape, all, stop) => {
        const { rows, naive } = run(shape, all, (store, index) => {
          if (index !== stop) return store;
          const restored = new WindowStore(planOf(shape), order);
          const snapshot = store.snapshot();
          restored.restore(stored(snapshot.parts));
          snapshot.release();
          expect(restored.counters).toEqual(store.counters);
          expect(restored.closedFrontier).toBe(store.closedFrontier);
          return restored;
        });
        expect(sorted(rows)).toEqual(sorted(naiveRows(naive)));
      }),
      { numRuns: 300 },
    );
  });

  it('R1: a snapshot read slowly is the cut at which it was taken, while merging goes on', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.nat(13), (shape, all, stop) => {
        let atOnce: SnapshotPart[] = [];
        let later: SnapshotPart[] = [];
        let read = (): void => undefined;
        const { rows, naive } = run(shape, all, (store, index) => {
          if (index === stop) {
            const first = store.snapshot();
            atOnce = stored(first.parts);
            first.release();
            const second = store.snapshot();
            read = () => {
              later = stored(second.parts);
              second.release();
            };
          }
          return store;
        });
        read();
        expect(later).toEqual(atOnce);
        expect(sorted(rows)).toEqual(sorted(naiveRows(naive)));
      }),
      { numRuns: 300 },
    );
  });

  it('R1: neither do records that come late after the cut get into it', () => {
    // size 4, slide 1: the watermark 6 makes a record at 5 skip the windows that end at 6.
    const shape = { size: 4, slide: 1, offset: 0, grace: 0, outOfOrder: 0 };
    const store = new WindowStore(planOf(shape), order);
    const builder = new PartialBuilder(planOf(shape));
    const late = { partition: 0, offset: 0, time: 5, key: 1, value: 1 };
    const merge = (): unknown =>
      store.merge(tableOf(builder, { partition: 0, told: true, records: [late] }, shape, 6), 6);
    merge();
    const first = store.snapshot();
    const before = stored(first.parts);
    first.release();
    const second = store.snapshot();
    expect(merge()).toMatchObject({ latePartial: 1 });
    expect(stored(second.parts)).toEqual(before);
    expect(store.openGroups().contributions).toBe(6);
  });

  it('copies no table for a snapshot that was released', () => {
    const shape = { size: 10, slide: 10, offset: 0, grace: 0, outOfOrder: 0 };
    const store = new WindowStore(planOf(shape), order);
    const builder = new PartialBuilder(planOf(shape));
    const slice = {
      partition: 0,
      told: true,
      records: [{ partition: 0, offset: 0, time: 1, key: 1, value: 1 }],
    };
    const merge = (): unknown => store.merge(tableOf(builder, slice, shape, -Infinity), -Infinity);
    const keysOf = (): ArrayBufferLike | undefined => {
      const snapshot = store.snapshot();
      const [, groups] = [...snapshot.parts];
      snapshot.release();
      return groups?.buffers[0]?.buffer;
    };
    merge();
    const before = keysOf();
    merge();
    expect(keysOf()).toBe(before);
    const held = store.snapshot();
    merge();
    expect(keysOf()).not.toBe(before);
    held.release();
  });

  it('T5: a forced frontier is in the snapshot before the rows it frees have left', () => {
    const shape = { size: 10, slide: 10, offset: 0, grace: 0, outOfOrder: 0 };
    const builder = new PartialBuilder(planOf(shape));
    const record = { partition: 0, offset: 0, time: 5, key: 1, value: 1 };
    const table = () =>
      tableOf(builder, { partition: 0, told: true, records: [record] }, shape, -Infinity);
    const store = new WindowStore(planOf(shape), order);
    store.merge(table(), -Infinity);
    store.force(12);
    const restored = new WindowStore(planOf(shape), order);
    restored.restore(stored(store.snapshot().parts));
    expect(restored.forcedFrontier).toBe(12);
    expect(restored.merge(table(), -Infinity)).toMatchObject({ lateIdle: 1, unseen: 1, merged: 0 });
    expect(restored.close(restored.forcedFrontier).length).toBe(1);
  });

  it('refuses parts that do not fit', () => {
    const shape = { size: 10, slide: 5, offset: 0, grace: 0, outOfOrder: 0 };
    const builder = new PartialBuilder(planOf(shape));
    const records = [{ partition: 0, offset: 0, time: 5, key: 1, value: 1 }];
    const store = new WindowStore(planOf(shape), order);
    store.merge(tableOf(builder, { partition: 0, told: true, records }, shape, 0), -Infinity);
    const parts = stored(store.snapshot().parts);
    const restore = (damaged: SnapshotPart[]) => () =>
      new WindowStore(planOf(shape), order).restore(damaged);
    expect(restore(parts)).not.toThrow();
    expect(restore(parts.slice(1))).toThrow(/store itself is missing/);
    const [head, groups] = parts as [SnapshotPart, SnapshotPart];
    const short = { ...groups, buffers: groups.buffers.slice(0, -1) };
    expect(restore([head, short])).toThrow(/cannot be used/);
  });

  it('keeps its rows when the key space is compacted', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.nat(13), (shape, all, stop) => {
        const naive = new NaiveWindows(shape);
        const builder = new PartialBuilder(planOf(shape));
        const store = new WindowStore(planOf(shape), order);
        const rows = new Map<string, string>();
        // After the compaction, key k is known as moved[k].
        let moved = Int32Array.from({ length: KEYS }, (_, key) => key);
        const collect = (watermark: number): void => {
          const closed = store.close(watermark);
          const keys = closed.keys.map((id) => moved.indexOf(id));
          rowsOf({ ...closed, keys }, rows);
        };
        all.forEach((slice, index) => {
          const before = naive.watermarkOf(0);
          const table = tableOf(builder, slice, shape, before);
          const key = table.key.map((id) => moved[id] as number);
          store.merge({ ...table, key }, before);
          for (const record of slice.records) naive.add(record);
          if (index % 2 === 0) collect(naive.watermarkOf(0));
          if (index !== stop) return;
          const live = store.liveKeys();
          const ids = Array.from(live.keys()).filter((id) => live[id] === 1);
          const dead = Array.from({ length: KEYS }, (_, id) => id).filter((id) => live[id] !== 1);
          moved = Int32Array.from({ length: KEYS }, (_, id) => [...ids, ...dead].indexOf(id));
          store.remapKeys(moved);
          expect(store.liveKeys()).toEqual(new Uint8Array(ids.length).fill(1));
        });
        collect(Infinity);
        expect(sorted(rows)).toEqual(sorted(naiveRows(naive)));
      }),
      { numRuns: 200 },
    );
  });
});
