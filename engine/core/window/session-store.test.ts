import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NaiveSessionShape } from './naive-sessions.fixture.ts';
import { NaiveSessions } from './naive-sessions.fixture.ts';
import { openStore } from './open-store.ts';
import type { WindowPlan } from './open-windows.ts';
import type { SnapshotPart } from './snapshot.ts';
import { StoreDrive } from './store-drive.fixture.ts';
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

const sessionPlan = ({ gap, max, grace }: NaiveSessionShape): WindowPlan => ({
  ...planOf({ size: 1, slide: 1, offset: 0, grace, outOfOrder: 0 }),
  shape: { kind: 'session', gapMs: gap, maxMs: max },
});

/** The oracle's rows as `rowsOf` names them; those that end by `until`, grace included. */
function naiveRows(naive: NaiveSessions, until = Infinity): Map<string, string> {
  const ended = naive.sessions.filter(({ end }) => end <= until);
  return new Map(
    ended.map(({ key, first, end, records }) => [`${end}/${key}/${first}`, naiveRow(records)]),
  );
}

type Drive = StoreDrive<NaiveSessionShape, NaiveSessions>;

const driveOf = (shape: NaiveSessionShape, partitions: number): Drive =>
  new StoreDrive({ shape, naive: new NaiveSessions(shape), plan: sessionPlan(shape) }, partitions);

/** As after a crash: the snapshot comes back from a file, at odd addresses. */
function restore(drive: Drive): void {
  const snapshot = drive.store.snapshot();
  const parts = Array.from(snapshot.parts, ({ header, buffers }) => ({
    header: JSON.parse(JSON.stringify(header)) as SnapshotPart['header'],
    buffers: buffers.map((bytes) => {
      const odd = new Uint8Array(bytes.length + 1);
      odd.set(bytes, 1);
      return odd.subarray(1);
    }),
  }));
  snapshot.release();
  const restored = openStore(drive.plan, order);
  restored.restore(parts);
  expect(restored.counters).toEqual(drive.store.counters);
  expect(restored.openGroups()).toEqual(drive.store.openGroups());
  drive.store = restored;
}

const shapes: fc.Arbitrary<NaiveSessionShape> = fc
  .record({
    gap: fc.integer({ min: 1, max: 10 }),
    more: fc.integer({ min: 0, max: 60 }),
    grace: fc.integer({ min: 0, max: 6 }),
    outOfOrder: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ more, ...shape }) => ({ ...shape, max: shape.gap + more }));

const someSlices = fc.constantFrom(1, 3).chain((n) => fc.tuple(fc.constant(n), slices(n)));

const steps = fc.array(
  fc.record({ closes: fc.boolean(), restores: fc.boolean(), remaps: fc.boolean() }),
  { minLength: 14, maxLength: 14 },
);

const slice = (...times: number[]): NaiveSlice => ({
  ...{ partition: 0, told: true },
  records: times.map((time, offset) => ({ partition: 0, offset, time, key: 1, value: 1 })),
});

describe('sessions', () => {
  it('W6: rows and late counts are those of the rule record by record, whatever the cuts, closings and restarts', () => {
    fc.assert(
      fc.property(shapes, someSlices, steps, (shape, [partitions, all], course) => {
        const drive = driveOf(shape, partitions);
        let records = 0;
        all.forEach((each, index) => {
          drive.merge(each);
          records += each.records.length;
          const { closes, restores, remaps } = course[index] ?? {};
          if (closes === true) drive.close(drive.watermark);
          if (remaps === true)
            drive.store.remapKeys(Int32Array.from({ length: KEYS }, (_, k) => k));
          if (restores === true) restore(drive);
        });
        drive.close(Infinity);
        expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
        const { late, merged, lateIdle } = drive.counts;
        expect({ late, lateIdle }).toEqual({ late: drive.naive.late, lateIdle: 0 });
        expect(merged + late).toBe(records);
      }),
      { numRuns: 300 },
    );
  });

  it('W6: a session comes out once the watermark is at its end and grace, and not before', () => {
    fc.assert(
      fc.property(shapes, someSlices, (shape, [partitions, all]) => {
        const drive = driveOf(shape, partitions);
        const seen: [upTo: number, rows: string[]][] = [];
        for (const each of all) {
          drive.merge(each);
          drive.close(drive.watermark);
          seen.push([drive.watermark - shape.grace, [...drive.rows.keys()].sort()]);
        }
        for (const [upTo, rows] of seen) {
          expect(rows).toEqual([...naiveRows(drive.naive, upTo).keys()].sort());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('W6: draws a gap, a bridge and a cut', () => {
    const drive = driveOf({ gap: 5, max: 100, grace: 0, outOfOrder: 50 }, 1);
    // 0   4      10        the gap between 4 and 10 is bridged by 8, which is 4 after 4 and 2 before 10
    // 20  25              25 is a gap after 20: another session
    // 97 99 | 100 103     cut at 100, where the end is cut too
    drive.merge(slice(0, 4, 10, 20, 25));
    drive.merge(slice(8, 97, 99, 100, 103));
    drive.close(Infinity);
    expect([...drive.rows.keys()]).toEqual([
      '15/1/0',
      '25/1/20',
      '30/1/25',
      '100/1/97',
      '108/1/100',
    ]);
  });

  it('W2: a worker that was told the watermark leaves nothing unseen', () => {
    fc.assert(
      fc.property(shapes, slices(1), (shape, all) => {
        const drive = driveOf(shape, 1);
        for (const each of all) drive.merge({ ...each, told: true });
        expect(drive.counts.unseen).toBe(0);
      }),
    );
  });

  it('W4: what idleness closed takes no record, and what it left open takes all', () => {
    const step = fc.record({
      force: fc.option(fc.integer({ min: -20, max: 60 }), { freq: 3 }),
      closeNow: fc.boolean(),
    });
    fc.assert(
      fc.property(
        shapes,
        slices(3),
        fc.array(step, { minLength: 14, maxLength: 14 }),
        (shape, all, course) => {
          const drive = driveOf(shape, 3);
          all.forEach((each, index) => {
            drive.merge(each);
            const { force, closeNow } = course[index] ?? { force: null, closeNow: false };
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

  it('T5: says whether a forced frontier would end any session', () => {
    const drive = driveOf({ gap: 50, max: 1000, grace: 3, outOfOrder: 0 }, 1);
    const { store } = drive;
    const passing = (...nexts: number[]): boolean[] => nexts.map((next) => store.passesAnEnd(next));
    store.close(103);
    drive.merge(slice(110, 122));
    // Once every gap: what is below has to get on.
    expect(passing(103, 152, 153)).toEqual([false, false, true]);
    store.close(160);
    expect(passing(174, 175, 202, 203)).toEqual([false, true, true, true]);
    store.force(180);
    expect(passing(202, 203)).toEqual([false, true]);
  });

  it('L1: contributions are emitted, held back or open, at any time', () => {
    fc.assert(
      fc.property(shapes, slices(1), (shape, all) => {
        const drive = driveOf(shape, 1);
        drive.store.startAt(10);
        for (const each of all) {
          drive.merge(each);
          drive.close(drive.watermark, 3);
          const { contributed, emitted, partialStart } = drive.store.counters;
          expect(contributed).toBe(drive.counts.merged);
          expect(contributed).toBe(
            emitted.contributions +
              partialStart.contributions +
              drive.store.openGroups().contributions,
          );
        }
        drive.close(Infinity);
        expect(drive.store.openGroups()).toEqual({ groups: 0, contributions: 0 });
      }),
      { numRuns: 200 },
    );
  });

  it('R3: sessions to which a record before the start may belong have no row, and those below are told', () => {
    fc.assert(
      fc.property(shapes, slices(1), fc.integer({ min: -20, max: 60 }), (shape, all, startsAt) => {
        const drive = driveOf(shape, 1);
        drive.store.startAt(startsAt);
        for (const each of all) drive.merge(each);
        drive.close(Infinity);
        const { gap, max } = shape;
        const whole = drive.naive.sessions.filter(({ first }) => {
          const stretch = Math.floor(first / max) * max;
          // Whatever comes before the start cannot be closer than a gap, or is behind a cut.
          return first - (startsAt - 1) >= gap || stretch >= startsAt;
        });
        const expected = whole.map(({ key, first, end }) => `${end}/${key}/${first}`);
        expect([...drive.rows.keys()].sort()).toEqual(expected.sort());
        const behind = drive.naive.sessions.filter(
          ({ end }) => end - 1 >= drive.store.outputStartsAt,
        );
        for (const { key, first, end } of behind) {
          expect(drive.rows.has(`${end}/${key}/${first}`)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
    expect(driveOf({ gap: 1, max: 1, grace: 0, outOfOrder: 0 }, 1).store.outputStartsAt).toBe(
      -Infinity,
    );
  });

  it('R7: provisional rows are those the open sessions would have, with more taken in, and change nothing', () => {
    fc.assert(
      fc.property(shapes, slices(1), slices(1), (shape, before, after) => {
        const drive = driveOf(shape, 1);
        for (const each of before) drive.merge(each);
        drive.close(drive.watermark);
        const open = rowsOf(drive.store.openProvisional());
        expect(sorted(new Map([...drive.rows, ...open]))).toEqual(sorted(naiveRows(drive.naive)));
        for (const each of after) drive.merge(each);
        drive.close(Infinity);
        expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
      }),
      { numRuns: 200 },
    );
    const drive = driveOf({ gap: 5, max: 100, grace: 0, outOfOrder: 9 }, 1);
    drive.merge(slice(1));
    const more = tableOf(drive.builder, slice(4, 20), drive.shape, -Infinity);
    expect([...rowsOf(drive.store.openProvisional([more])).keys()]).toEqual(['9/1/1', '25/1/20']);
    expect(drive.store.openGroups()).toEqual({ groups: 1, contributions: 1 });
  });

  it('R1: a snapshot read slowly is the cut at which it was taken, while sessions grow and close', () => {
    fc.assert(
      fc.property(shapes, slices(1), slices(1), (shape, before, after) => {
        const drive = driveOf(shape, 1);
        for (const each of before) drive.merge(each);
        const expected = rowsOf(drive.store.openProvisional());
        const snapshot = drive.store.snapshot();
        for (const each of after) drive.merge(each);
        drive.close(drive.watermark);
        const again = openStore(sessionPlan(shape), order);
        again.restore(snapshot.parts);
        snapshot.release();
        expect(sorted(rowsOf(again.close(Infinity)))).toEqual(sorted(expected));
      }),
      { numRuns: 200 },
    );
  });

  it('W8: rows come out by (end, key), and a limit of rows cuts between ends', () => {
    fc.assert(
      fc.property(shapes, slices(3), fc.integer({ min: 1, max: 4 }), (shape, all, limit) => {
        const drive = driveOf(shape, 3);
        for (const each of all) drive.merge(each);
        let last = -Infinity;
        let closed;
        do {
          closed = drive.store.close(Infinity, limit);
          const { length, keys, windowEnd } = closed;
          if (length > 0) expect(windowEnd[0]).toBeGreaterThan(last);
          for (let row = 1; row < length; row++) {
            const end = (windowEnd[row] as number) - (windowEnd[row - 1] as number);
            expect(end).toBeGreaterThanOrEqual(0);
            if (end === 0) expect(keys[row]).toBeLessThan(keys[row - 1] as number);
          }
          last = windowEnd[length - 1] ?? last;
          expect(drive.store.outputWatermark).toBe(closed.more ? last : Infinity);
          rowsOf(closed, drive.rows);
        } while (closed.more);
        expect(sorted(drive.rows)).toEqual(sorted(naiveRows(drive.naive)));
      }),
    );
  });

  it('holds no more than a few thousand sessions of a million that come and go', () => {
    const drive = driveOf({ gap: 2, max: 10, grace: 0, outOfOrder: 0 }, 1);
    let most = 0;
    for (let from = 0; from < 1_000_000; from += 1000) {
      drive.merge(slice(...Array.from({ length: 200 }, (_, i) => from + i * 5)));
      const closed = drive.store.close(from + 990);
      expect(closed.length).toBeGreaterThan(190);
      most = Math.max(most, drive.store.sizeBytes);
    }
    expect(most).toBeLessThan(1_000_000);
    expect(drive.store.counters.emitted.groups).toBeGreaterThan(199_000);
  });

  it('refuses the state of windows, and windows that of sessions', () => {
    const drive = driveOf({ gap: 2, max: 10, grace: 0, outOfOrder: 0 }, 1);
    drive.merge(slice(1));
    const windows = openStore(
      planOf({ size: 9, slide: 9, offset: 0, grace: 0, outOfOrder: 0 }),
      order,
    );
    expect(() => windows.restore(drive.store.snapshot().parts)).toThrow('it is of sessions');
    expect(() => drive.store.restore([])).toThrow('missing');
  });
});
