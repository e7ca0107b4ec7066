import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundle, halve, Waiting, type Group, type GroupLimits } from './group.ts';

interface Arrival {
  readonly key: string | null;
  readonly bytes: number;
  /** Whether full groups, or all of them, are taken after this row. */
  readonly take: 'nothing' | 'full' | 'all';
}

const arrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    key: fc.constantFrom('Paris', 'Lyon', 'Brest', '', null),
    bytes: fc.nat(700),
    take: fc.constantFrom('nothing', 'nothing', 'full', 'all'),
  }),
  { maxLength: 120 },
);

const limits: fc.Arbitrary<GroupLimits> = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  bytes: fc.integer({ min: 1, max: 2_000 }),
  bundlePartitions: fc.integer({ min: 1, max: 5 }),
  bundleBytes: fc.integer({ min: 1, max: 900 }),
});

/** Runs rows through a `Waiting`; row n is arrival n, owned by its key. */
function grouped(rows: readonly Arrival[], bounds: GroupLimits): Group<string | null>[] {
  const waiting = new Waiting<string | null>(bounds);
  const groups: Group<string | null>[] = [];
  rows.forEach(({ key, bytes, take }, row) => {
    waiting.add(key, key, row, bytes);
    if (take === 'full') groups.push(...waiting.takeFull());
    if (take === 'all') groups.push(...waiting.takeAll());
  });
  groups.push(...waiting.takeAll());
  expect(waiting.isEmpty).toBe(true);
  return groups;
}

describe('grouping of rows into requests', () => {
  it('puts every row into exactly one request, with its owner and its bytes', () => {
    fc.assert(
      fc.property(arrivals, limits, (rows, bounds) => {
        const groups = grouped(rows, bounds);
        const seen = groups.flatMap((group) => group.rows).sort((a, b) => a - b);
        expect(seen).toEqual(rows.map((_, row) => row));
        for (const { owners, rows: members, bytes } of groups) {
          expect(owners).toEqual(members.map((row) => rows[row]?.key));
          expect(bytes).toBe(members.reduce((sum, row) => sum + (rows[row]?.bytes ?? 0), 0));
        }
      }),
    );
  });

  it('keeps the limits; only a row that is too large by itself exceeds them, alone', () => {
    fc.assert(
      fc.property(arrivals, limits, (rows, bounds) => {
        for (const { rows: members, bytes } of grouped(rows, bounds)) {
          // Rows without a key count as a partition each.
          const keys = members.map((row) => rows[row]?.key ?? null);
          const loose = keys.filter((key) => key === null).length;
          const partitions = new Set(keys.filter((key) => key !== null)).size + loose;
          expect(members.length).toBeLessThanOrEqual(bounds.rows);
          expect(partitions).toBeLessThanOrEqual(Math.max(1, bounds.bundlePartitions));
          if (members.length === 1) continue;
          expect(bytes).toBeLessThanOrEqual(partitions > 1 ? bounds.bundleBytes : bounds.bytes);
        }
      }),
    );
  });

  it('keeps the order of rows of one partition within a request', () => {
    fc.assert(
      fc.property(arrivals, limits, (rows, bounds) => {
        for (const { rows: members } of grouped(rows, bounds)) {
          for (const key of new Set(members.map((row) => rows[row]?.key))) {
            const own = members.filter((row) => rows[row]?.key === key);
            expect(own).toEqual([...own].sort((a, b) => a - b));
          }
        }
      }),
    );
  });

  it('sends full groups without waiting for the rest', () => {
    const waiting = new Waiting<null>({ rows: 3, bytes: 99, bundlePartitions: 2, bundleBytes: 99 });
    for (let row = 0; row < 4; row++) waiting.add('Paris', null, row, 1);
    expect(waiting.takeFull().map(({ rows }) => rows)).toEqual([[0, 1, 2]]);
    expect(waiting.takeAll().map(({ rows }) => rows)).toEqual([[3]]);
  });

  it('sends rows that have a partition each as soon as a bundle has its partitions', () => {
    const waiting = new Waiting<null>({ rows: 9, bytes: 99, bundlePartitions: 2, bundleBytes: 99 });
    for (let row = 0; row < 5; row++) waiting.add(null, null, row, 1);
    expect(waiting.takeFull().map(({ rows }) => rows)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(waiting.takeAll().map(({ partitions }) => partitions)).toEqual([1]);
  });

  it('bundles small partitions and never more than allowed', () => {
    const small = (row: number): Group<null> => ({
      owners: [null],
      rows: [row],
      bytes: 10,
      partitions: 1,
    });
    const groups = [0, 1, 2, 3, 4].map(small);
    const bounds = { rows: 100, bytes: 1000, bundlePartitions: 2, bundleBytes: 500 };
    expect(bundle(groups, bounds).map(({ rows }) => rows)).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('halves a group without losing a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100 }), (length) => {
        const rows = Array.from({ length }, (_, row) => row);
        const owners = rows.map((row) => `owner of ${row}`);
        const [first, second] = halve({ owners, rows, bytes: 10, partitions: 1 });
        expect([...first.rows, ...second.rows]).toEqual(rows);
        expect([...first.owners, ...second.owners]).toEqual(owners);
        expect(Math.min(first.rows.length, second.rows.length)).toBeGreaterThan(0);
      }),
    );
  });
});
