/** What every reader of tables owes its caller: `describeReader(name, harness)`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../core/batch.ts';
import { batchOf, recorder, type Shape, type SinkPlace } from '../sink-contract.suite.ts';
import { bindCondition, parseCondition, type StoredCell } from './condition.ts';
import { collect, type TableReader } from './query.ts';

/** A kind of store under test. */
export interface ReaderHarness {
  /** An empty table of that name. */
  readonly place: (table: string, shape: Shape) => Promise<SinkPlace>;
  readonly reader: () => Promise<TableReader>;
}

const windows: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'n', type: 'long', nullable: false },
    { name: 'max', type: 'float', nullable: true },
    { name: 'frost', type: 'bool', nullable: true },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
};

const minute = 60_000;
const rows: readonly (readonly Cell[])[] = Array.from({ length: 60 }, (_, i) => [
  ['Brest', 'Lille', 'Paris'][i % 3] as string,
  1_711_580_400_000 + Math.floor(i / 3) * minute,
  i,
  i % 10 === 0 ? null : Math.fround(i / 10),
  i % 2,
]);

/** Runs the contract against one kind of store. */
export function describeReader(name: string, harness: ReaderHarness): void {
  describe(`${name}: the contract of readers`, () => {
    let place: SinkPlace;
    let reader: TableReader;

    beforeAll(async () => {
      place = await harness.place('windows', windows);
      const sink = place.sink(recorder().context);
      await sink.open(null);
      await sink.write(batchOf(windows.columns, rows));
      await sink.close();
      reader = await harness.reader();
    });

    afterAll(async () => {
      await reader.close();
      await place.remove();
    });

    async function read(
      where: readonly string[],
      limit = Infinity,
      orderBy: readonly string[] = ['window_start', 'city'],
    ): Promise<(readonly StoredCell[])[]> {
      const known = await reader.describe('windows');
      const conditions = where.map((text) =>
        bindCondition(parseCondition(text), known?.columns ?? []),
      );
      const scan = await reader.scan('windows', conditions);
      expect(scan.columns).toEqual(known?.columns);
      const found = await collect(scan, { conditions, orderBy, limit });
      const order = windows.columns.map((column) =>
        scan.columns.findIndex((candidate) => candidate.name === column.name),
      );
      return found.rows.map((row) => order.map((at) => row[at] ?? null));
    }

    it('describes a table with its types and its key, and null when there is none', async () => {
      const known = await reader.describe('windows');
      const types = new Map(known?.columns.map((column) => [column.name, column.type]));
      expect(types).toEqual(new Map(windows.columns.map((column) => [column.name, column.type])));
      expect(known?.key).toEqual(['city', 'window_start']);
      expect(await reader.describe('no_such_table')).toBeNull();
    });

    it('orders rows of windows by start and group', async () => {
      expect(await read([])).toEqual(rows);
      expect(await read([], 4)).toEqual(rows.slice(0, 4));
    });

    it('stops at the limit when no order is asked for', async () => {
      expect(await read([], 7, [])).toHaveLength(7);
    });

    it.each<[string, (row: readonly Cell[]) => boolean]>([
      ['city=Paris', ([city]) => city === 'Paris'],
      ['city=Rome', () => false],
      ['city!=Paris', ([city]) => city !== 'Paris'],
      ['n>=57', ([, , n]) => Number(n) >= 57],
      ['max=1.1', ([, , , max]) => max === Math.fround(1.1)],
      ['max=null', ([, , , max]) => max === null],
      ['frost=true', ([, , , , frost]) => frost === 1],
      ['window_start<2024-03-27T23:02:00Z', ([, start]) => Number(start) < 1_711_580_520_000],
      ['window_start=2024-03-27T23:02:00Z', ([, start]) => Number(start) === 1_711_580_520_000],
    ])('finds %s', async (where, test) => {
      expect(await read([where])).toEqual(rows.filter(test));
    });

    it('finds a range within a partition', async () => {
      const where = [
        'city=Lille',
        'window_start>2024-03-27T23:02:00Z',
        'window_start<=2024-03-27T23:05:00Z',
        'window_start>=2024-03-27T23:04:00Z',
        'n!=13',
      ];
      expect((await read(where)).map(([, , n]) => n)).toEqual([16]);
    });
  });
}
