import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../io/table/condition.ts';
import { BATCHES, FRONTIERS } from './engine-tables.ts';
import { MemoryTables, target } from './memory-tables.fixture.ts';
import { type RowRequest, readRows } from './read.ts';

const BASE = 1_711_580_400_000;
const TEN = 600_000;
const cities = ['Brest', 'Lille', 'Paris'];
type Window = readonly [city: string, start: number, end: number, n: number];

const windowAt = (city: string, index: number, n: number): Window => [
  city,
  BASE + index * TEN,
  BASE + (index + 1) * TEN,
  n,
];

/** Windows of different keys. */
const windowsOf = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...cities), fc.nat(6), fc.nat(9)), {
    selector: ([city, index]) => `${city} ${index}`,
    maxLength: 12,
  })
  .map((windows) => windows.map((window) => windowAt(...window)));
const instant = fc.nat(8 * TEN).map((ms) => BASE + ms);

const everything: RowRequest = { where: [], limit: Infinity, merged: true, at: null };

const byTimeAndCity = (a: readonly unknown[], b: readonly unknown[]): number =>
  Number(a[1]) - Number(b[1]) || (String(a[0]) < String(b[0]) ? -1 : 1);

describe('batch and speed layer together', () => {
  it('are batch rows up to where the batch got, speed rows after, each complete or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          speed: windowsOf,
          batch: windowsOf,
          other: windowsOf,
          until: fc.option(instant),
          frontier: fc.option(instant),
          at: fc.option(instant),
          limit: fc.integer({ min: 1, max: 30 }),
          city: fc.option(fc.constantFrom(...cities)),
        }),
        async ({ speed, batch, other, until, frontier, at, limit, city }) => {
          const tables = new MemoryTables();
          tables.put('windows', [...speed]);
          tables.put('windows_batch', [
            ...other.map((row) => [6, ...row]),
            ...batch.map((row) => [7, ...row]),
          ]);
          if (until !== null) tables.put(BATCHES, [['windows', 7, 6, until]]);
          if (frontier !== null) tables.put(FRONTIERS, [['weather', 'tens', frontier]]);
          const found = await readRows(tables, target, {
            where: city === null ? [] : [parseCondition(`city=${city}`)],
            limit,
            merged: true,
            at: at === null ? null : String(at),
          });
          const wanted = [
            ...batch
              .filter(([, , end]) => until !== null && end <= until)
              .map((row) => [...row, 'batch', 1]),
            ...speed
              .filter(([, , end]) => until === null || end > until)
              .map((row) => [...row, 'speed', frontier !== null && row[2] <= frontier ? 1 : 0]),
          ]
            .filter(([name, , end]) => (city ?? name) === name && Number(end) <= (at ?? Infinity))
            .sort(byTimeAndCity);
          expect(found.rows).toEqual(wanted.slice(0, limit));
          expect(found.matched).toBe(wanted.length);
          expect(found.more).toBe(wanted.length > limit);
        },
      ),
    );
  });

  it('says what each row is: where it is from, and whether it is complete', async () => {
    const tables = new MemoryTables();
    tables.put('windows', [windowAt('Paris', 1, 5), windowAt('Paris', 2, 3)]);
    tables.put('windows_batch', [[7, ...windowAt('Paris', 0, 6)]]);
    tables.put(BATCHES, [['windows', 7, null, BASE + TEN]]);
    tables.put(FRONTIERS, [['weather', 'tens', BASE + 2 * TEN]]);
    const { columns, rows } = await readRows(tables, target, everything);
    expect(columns.map(({ name }) => name).slice(-2)).toEqual(['layer', 'complete']);
    expect(rows.map((row) => row.slice(3))).toEqual([
      [6, 'batch', 1],
      [5, 'speed', 1],
      [3, 'speed', 0],
    ]);
  });

  it('are refused when more rows would have to be read than may be', async () => {
    const tables = new MemoryTables();
    tables.put('windows', [windowAt('Paris', 1, 5), windowAt('Paris', 2, 3)]);
    await expect(readRows(tables, target, { ...everything, scanLimit: 1 })).rejects.toThrow(
      'more than 1 rows would have to be read',
    );
    expect((await readRows(tables, target, { ...everything, scanLimit: 2 })).rows).toHaveLength(2);
  });

  it('are for tables of windows only', async () => {
    const rows = { ...target, window: null };
    await expect(readRows(new MemoryTables(), rows, everything)).rejects.toThrow(
      'holds no windows',
    );
  });
});

/** What a batch does to the tables, one step at a time, each of them visible at once. */
function* batchSteps(tables: MemoryTables, id: number, windows: number): Generator<void> {
  const view = 'windows_batch';
  for (let index = 0; index < windows; index++) {
    tables.put(view, [...tables.rowsIn(view), [id, ...windowAt('Paris', index, id)]]);
    yield;
  }
  const before = Number(tables.rowsIn(BATCHES)[0]?.[1] ?? 0);
  tables.put(BATCHES, [['windows', id, before, BASE + windows * TEN]]);
  yield;
  for (const row of tables.rowsIn(view)) {
    const [owner] = row;
    if (Number(owner) >= id || owner === before) continue;
    tables.put(
      view,
      tables.rowsIn(view).filter((other) => other !== row),
    );
    yield;
  }
}

describe('a batch that is swapped in', () => {
  it('is seen whole or not at all, whatever happens between two rows that are read', async () => {
    let swaps = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 6 }),
        fc.infiniteStream(fc.nat(4)),
        async (sizes, pace) => {
          const paces = pace[Symbol.iterator]();
          let moving = false;
          const tables: MemoryTables = new MemoryTables(() => {
            if (!moving) return;
            for (let steps = Number(paces.next().value); steps > 0; steps--) work.next();
          });
          const work = (function* (): Generator<void> {
            for (const [at, size] of sizes.slice(1).entries())
              yield* batchSteps(tables, at + 2, size);
          })();
          // The first batch is there.
          Array.from(batchSteps(tables, 1, sizes[0] ?? 1));
          moving = true;
          for (let reads = 0; reads < 12; reads++) {
            const { rows } = await readRows(tables, target, everything);
            const [batch] = rows.map((row) => Number(row[3]));
            if (batch !== undefined && batch > 1) swaps++;
            expect(rows.map((row) => row[3])).toEqual(
              Array.from({ length: sizes[(batch ?? 0) - 1] ?? -1 }, () => batch),
            );
          }
        },
      ),
    );
    expect(swaps).toBeGreaterThan(0);
  });
});
