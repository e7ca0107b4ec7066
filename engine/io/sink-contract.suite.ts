/**
 * What every sink of rows owes its caller, as one suite: `describeSink(name, harness)`. Harnesses say
 * how to open a place, how to read it back, and which promises the kind of sink makes.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Cell,
  type Column,
  type RowBatch,
  type RowOrigin,
  type Vector,
  isText,
} from '../core/batch.ts';
import type { RefusedRow, SinkContext, SinkHandle, SinkPort } from '../graph/ports.ts';

/** What rows of a test look like; sinks without keys ignore them. */
export interface Shape {
  readonly columns: readonly Column[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  readonly ttlMs: number | null;
}

/** An empty place to write to. */
export interface SinkPlace {
  /** A sink on the place; called again after `close` for a second run. */
  readonly sink: (context: SinkContext) => SinkPort;
  /** All rows readers see now, in any order. */
  readonly rows: () => Promise<Map<string, Cell>[]>;
  /** Removes the place. */
  readonly remove: () => Promise<void>;
}

/** A kind of sink under test. */
export interface SinkHarness {
  readonly place: (shape: Shape) => Promise<SinkPlace>;
  /** Rows with a key already written replace (R6: effectively once); else they are added. */
  readonly upserts: boolean;
  /** A null in the key is refused. */
  readonly refusesNullKeys: boolean;
  /** −0 comes back as −0. */
  readonly keepsNegativeZero: boolean;
  /** The value of `latest` closed over: rows expire (K2). */
  readonly expires: boolean;
}

/** Builds a vector from cells. Strings alternate between bytes and text by `asBytes`. */
export function vectorOf(type: Column['type'], cells: readonly Cell[], asBytes = true): Vector {
  if (!isText(type)) {
    const values = Float64Array.from(cells, (cell) => Number(cell ?? 0));
    const valid = cells.includes(null)
      ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1))
      : null;
    return { kind: 'number', values, valid };
  }
  if (!asBytes) {
    return { kind: 'text', values: cells.map((cell) => (cell === null ? null : String(cell))) };
  }
  const parts = cells.map((cell) => Buffer.from(cell === null ? '' : String(cell)));
  const start = new Int32Array(cells.length);
  const end = new Int32Array(cells.length);
  // A few bytes of something else in front, as in a real frame.
  let at = 3;
  parts.forEach((part, row) => {
    start[row] = cells[row] === null ? -1 : at;
    at += part.length;
    end[row] = cells[row] === null ? -1 : at;
  });
  const bytes = new Uint8Array(Buffer.concat([Buffer.from('\u0001\u0002\u0003'), ...parts]));
  return { kind: 'bytes', bytes, start, end };
}

/** Origin of records `first, first + 1, …` of partition 0, one second apart from `fromMs`. */
export function recordOrigin(length: number, fromMs = 1_711_580_400_000, first = 0): RowOrigin {
  return {
    kind: 'records',
    source: 'readings',
    partition: 0,
    offsets: Float64Array.from({ length }, (_, row) => first + row),
    eventTimes: Float64Array.from({ length }, (_, row) => fromMs + row * 1000),
  };
}

/** A batch of rows given as arrays of cells. */
export function batchOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  origin: RowOrigin = recordOrigin(rows.length),
  asBytes = true,
): RowBatch {
  const vectors = columns.map(({ type }, index) =>
    vectorOf(
      type,
      rows.map((row) => row[index] ?? null),
      asBytes,
    ),
  );
  return { length: rows.length, vectors, origin };
}

/** A context that remembers what it was told. */
export interface Recorder {
  readonly context: SinkContext;
  readonly refused: RefusedRow[];
  readonly notices: string[];
  readonly stop: () => void;
  expired: number;
}

/** @param firstTimestamp microseconds of the first write timestamp handed out */
export function recorder(firstTimestamp = 1_711_580_400_000_000n): Recorder {
  const controller = new AbortController();
  let next = firstTimestamp;
  const recorded: Recorder = {
    refused: [],
    notices: [],
    expired: 0,
    stop: () => controller.abort(),
    context: {
      pipeline: 'contract',
      signal: controller.signal,
      onRefused: (rows) => recorded.refused.push(...rows),
      onExpired: (rows) => (recorded.expired += rows),
      onNotice: (text) => recorded.notices.push(text),
      nextWriteTimestamp: (rows) => {
        const first = next;
        next += BigInt(rows);
        return first;
      },
    },
  };
  return recorded;
}

/** Readings of a city, one row a time. */
export const READINGS: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'at', type: 'timestamp', nullable: false },
    { name: 'temperature', type: 'double', nullable: true },
    { name: 'note', type: 'string', nullable: true },
  ],
  partitionKey: ['city'],
  clusteringKey: ['at'],
  ttlMs: null,
};

const ALL_TYPES: Shape = {
  columns: [
    { name: 'id', type: 'string', nullable: false },
    { name: 'b', type: 'bool', nullable: true },
    { name: 'i', type: 'int', nullable: true },
    { name: 'l', type: 'long', nullable: true },
    { name: 'f', type: 'float', nullable: true },
    { name: 'd', type: 'double', nullable: true },
    { name: 's', type: 'string', nullable: true },
    { name: 't', type: 'timestamp', nullable: true },
    { name: 'al', type: 'array<long>', nullable: true },
    { name: 'ad', type: 'array<double!>', nullable: true },
    { name: 'at', type: 'array<string>', nullable: true },
    { name: 'ar', type: 'array<{ n: int!, s: string }>', nullable: true },
  ],
  partitionKey: ['id'],
  clusteringKey: [],
  ttlMs: null,
};

const EDGES: readonly (readonly Cell[])[] = [
  [
    'plain',
    1,
    7,
    9_007_199_254_740_991,
    0.5,
    0.1,
    'Orléans',
    1_711_580_405_000,
    '[1,-9007199254740991]',
    '[0.1,-1.5]',
    '["é",""]',
    '[{"n":1,"s":null}]',
  ],
  ['low', 0, -2_147_483_648, -9_007_199_254_740_991, -1.5, -1e-300, '', -1, '[]', '[]', '[]', '[]'],
  [
    'high',
    1,
    2_147_483_647,
    4_294_967_296,
    Math.fround(3.4e38),
    1.7e308,
    'a\u0000b',
    0,
    '[7]',
    '[1e-300]',
    '["a\\"b"]',
    null,
  ],
  ['nan', 0, 0, 0, NaN, NaN, '🌡️ \\ " \' \n', 253_402_300_799_999, null, null, null, null],
  [
    'infinite',
    1,
    -1,
    -4_294_967_297,
    Infinity,
    -Infinity,
    'null',
    -62_135_596_800_000,
    null,
    null,
    null,
    null,
  ],
  ['nulls', null, null, null, null, null, null, null, null, null, null, null],
];

/** A row of cells as readers see it. */
const rowOf = (columns: readonly Column[], cells: readonly Cell[]): Map<string, Cell> =>
  new Map(columns.map(({ name }, index) => [name, cells[index] ?? null]));

/** A row as text, equal for equal rows: tells −0 from 0 and knows NaN. */
const textOf = (row: ReadonlyMap<string, Cell>): string =>
  [...row]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, cell]) => `${name}=${Object.is(cell, -0) ? '-0' : `${typeof cell}:${String(cell)}`}`,
    )
    .join(' ');

/** Runs the contract against one kind of sink. */
export function describeSink(name: string, harness: SinkHarness): void {
  describe(`${name}: the contract of sinks`, () => {
    const undo: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const step of undo.splice(0).reverse()) await step();
    });

    async function opened(shape: Shape, handle: SinkHandle | null = null) {
      const place = await harness.place(shape);
      undo.push(place.remove);
      const told = recorder();
      const sink = place.sink(told.context);
      undo.push(() => sink.close());
      await sink.open(handle);
      return { place, sink, told };
    }

    /** Waits for the acknowledgement, and makes a staged write visible. */
    async function acknowledged(sink: SinkPort, ...writes: Promise<void>[]): Promise<void> {
      await sink.flush();
      await Promise.all(writes);
      if (sink.prepare !== undefined) await sink.commit?.(await sink.prepare());
    }

    it('reads back every type with its edges, from bytes and from text', async () => {
      const { place, sink, told } = await opened(ALL_TYPES);
      const half = EDGES.length / 2;
      const { columns } = ALL_TYPES;
      await acknowledged(
        sink,
        sink.write(batchOf(columns, EDGES.slice(0, half))),
        sink.write(batchOf(columns, EDGES.slice(half), recordOrigin(half), false)),
      );
      const rows = await place.rows();
      expect(rows.map(textOf).sort()).toEqual(
        EDGES.map((cells) => textOf(rowOf(columns, cells))).sort(),
      );
      expect(told.refused).toEqual([]);
    });

    it('stores −0 as a zero, with its sign where the store has one', async () => {
      const { place, sink } = await opened(ALL_TYPES);
      const cells = ['zero', null, null, null, -0, -0, null, null];
      await acknowledged(sink, sink.write(batchOf(ALL_TYPES.columns, [cells])));
      const [row] = await place.rows();
      const zero = harness.keepsNegativeZero ? -0 : 0;
      expect([row?.get('f'), row?.get('d')]).toEqual([zero, zero]);
    });

    it('resolves an empty batch at once', async () => {
      const { place, sink } = await opened(READINGS);
      await sink.write(batchOf(READINGS.columns, []));
      await acknowledged(sink);
      expect(await place.rows()).toEqual([]);
    });

    it('acknowledges by itself, without a flush', async () => {
      const { sink } = await opened(READINGS);
      await sink.write(batchOf(READINGS.columns, [['Brest', 1000, 12.5, null]]));
    });

    it('has every row of many writes at once when they are acknowledged', async () => {
      const { place, sink } = await opened(READINGS);
      const writes = Array.from({ length: 40 }, (_, write) =>
        sink.write(
          batchOf(
            READINGS.columns,
            Array.from({ length: 50 }, (_, row) => [
              `city ${row % 7}`,
              (write * 50 + row) * 1000,
              row,
              null,
            ]),
          ),
        ),
      );
      await acknowledged(sink, ...writes);
      expect(new Set((await place.rows()).map(textOf)).size).toBe(2000);
    });

    it('finishes what was written when it is closed', async () => {
      const { place, sink } = await opened(READINGS);
      const write = sink.write(batchOf(READINGS.columns, [['Lille', 5000, 1, 'last']]));
      if (sink.prepare !== undefined) await acknowledged(sink, write);
      await sink.close();
      await write;
      expect((await place.rows()).map((row) => row.get('note'))).toEqual(['last']);
    });

    it('opens what it wrote to before', async () => {
      const { place, sink, told } = await opened(READINGS);
      const write = sink.write(batchOf(READINGS.columns, [['Nice', 1000, 20, null]]));
      await sink.flush();
      await write;
      const handle = sink.prepare === undefined ? null : await sink.prepare();
      await sink.commit?.(handle);
      await sink.close();
      const again = place.sink(told.context);
      undo.push(() => again.close());
      await again.open(handle);
      await acknowledged(again, again.write(batchOf(READINGS.columns, [['Nice', 2000, 21, null]])));
      expect((await place.rows()).map((row) => row.get('at')).sort()).toEqual([1000, 2000]);
    });

    it('rejects what is written after the run was stopped', async () => {
      const { sink, told } = await opened(READINGS);
      told.stop();
      await expect(
        sink.write(batchOf(READINGS.columns, [['Nantes', 1, 1, null]])),
      ).rejects.toThrow();
    });

    describe.runIf(harness.upserts)('as an upsert', () => {
      it('R6: rows written twice are there once', async () => {
        const { place, sink } = await opened(READINGS);
        const batch = batchOf(READINGS.columns, [
          ['Brest', 1000, 12.5, 'a'],
          ['Paris', 1000, 13.5, 'b'],
        ]);
        await acknowledged(sink, sink.write(batch), sink.write(batch));
        await acknowledged(sink, sink.write(batch));
        expect(await place.rows()).toHaveLength(2);
      });

      it('keeps the last of several rows of one key, in one batch and across batches', async () => {
        const { place, sink } = await opened(READINGS);
        const writes = Array.from({ length: 30 }, (_, write) =>
          sink.write(
            batchOf(
              READINGS.columns,
              Array.from({ length: 20 }, (_, row) => ['Metz', 1000, write * 20 + row, null]),
            ),
          ),
        );
        await acknowledged(sink, ...writes);
        expect((await place.rows()).map((row) => row.get('temperature'))).toEqual([599]);
      });

      it('K2: null of a window row replaces, null of a record leaves what is there', async () => {
        const { place, sink } = await opened(READINGS);
        const full = batchOf(READINGS.columns, [
          ['window', 1000, 1, 'kept'],
          ['record', 1000, 2, 'kept'],
        ]);
        await acknowledged(sink, sink.write(full));
        const origin: RowOrigin = { kind: 'window', stage: 'ten_minutes' };
        await acknowledged(
          sink,
          sink.write(batchOf(READINGS.columns, [['window', 1000, 3, null]], origin)),
          sink.write(batchOf(READINGS.columns, [['record', 1000, 4, null]])),
        );
        const notes = new Map(
          (await place.rows()).map((row) => [row.get('city'), row.get('note')]),
        );
        expect(notes).toEqual(
          new Map<string, Cell>([
            ['window', null],
            ['record', 'kept'],
          ]),
        );
      });

      it('O4: keeps 32 bits of a float', async () => {
        const { place, sink } = await opened(ALL_TYPES);
        const cells = ['third', null, null, null, 1 / 3, 1 / 3, null, null];
        await acknowledged(sink, sink.write(batchOf(ALL_TYPES.columns, [cells])));
        const [row] = await place.rows();
        expect([row?.get('f'), row?.get('d')]).toEqual([Math.fround(1 / 3), 1 / 3]);
      });

      it('refuses values that their type cannot hold, and writes the others', async () => {
        const { place, sink, told } = await opened(ALL_TYPES);
        const rows: Cell[][] = [
          ['ok 1', 1, 1, 1, 1, 1, 'x', 1],
          ['int', 1, 2_147_483_648, 1, 1, 1, 'x', 1],
          ['fraction', 1, 1.5, 1, 1, 1, 'x', 1],
          ['long', 1, 1, NaN, 1, 1, 'x', 1],
          ['timestamp', 1, 1, 1, 1, 1, 'x', Infinity],
          ['ok 2', 1, 1, 1, 1, 1, 'x', 1],
        ];
        await acknowledged(sink, sink.write(batchOf(ALL_TYPES.columns, rows)));
        expect((await place.rows()).map((row) => row.get('id')).sort()).toEqual(['ok 1', 'ok 2']);
        expect(told.refused.map(({ row }) => row).sort()).toEqual([1, 2, 3, 4]);
        expect(told.refused[0]?.reason).toContain('2147483648 is not a value of type int');
      });
    });

    it.runIf(harness.refusesNullKeys)('K1: refuses null in the key, by column name', async () => {
      const { place, sink, told } = await opened(READINGS);
      const rows = [
        ['Brest', null, 1, null],
        [null, 1000, 1, null],
        ['Brest', 1000, 1, null],
      ];
      await acknowledged(sink, sink.write(batchOf(READINGS.columns, rows)));
      expect(await place.rows()).toHaveLength(1);
      expect(told.refused.map(({ row, reason }) => `${row} ${reason}`).sort()).toEqual([
        '0 column at: null, but it is part of the primary key',
        '1 column city: null, but it is part of the primary key',
      ]);
    });

    describe.runIf(harness.expires)('with a ttl', () => {
      const hour = 3_600_000;
      const shape: Shape = {
        ...READINGS,
        columns: [
          READINGS.columns[0]!,
          { name: 'window_start', type: 'timestamp', nullable: false },
          { name: 'window_end', type: 'timestamp', nullable: false },
        ],
        clusteringKey: ['window_start'],
        ttlMs: hour,
      };

      it('K2: skips and counts rows that have expired by event time', async () => {
        const { place, sink, told } = await opened({ ...READINGS, ttlMs: hour });
        const now = Date.now();
        const old = batchOf(
          READINGS.columns,
          [['old', 1, 1, null]],
          recordOrigin(1, now - 2 * hour),
        );
        const young = batchOf(READINGS.columns, [['young', 1, 1, null]], recordOrigin(1, now));
        await acknowledged(sink, sink.write(old), sink.write(young));
        expect((await place.rows()).map((row) => row.get('city'))).toEqual(['young']);
        expect(told.expired).toBe(1);
        expect(told.notices.filter((text) => text.includes('past their ttl'))).toHaveLength(1);
      });

      it('K2: counts the life of window rows from window_end', async () => {
        const { place, sink, told } = await opened(shape);
        const now = Date.now();
        const origin: RowOrigin = { kind: 'window', stage: 'last_hour' };
        const rows = [
          ['gone', now - 3 * hour, now - 2 * hour],
          ['alive', now - 3 * hour, now - hour / 2],
        ];
        await acknowledged(sink, sink.write(batchOf(shape.columns, rows, origin)));
        expect((await place.rows()).map((row) => row.get('city'))).toEqual(['alive']);
        expect(told.expired).toBe(1);
      });

      it('K2: says so when window rows have no window_end to count from', async () => {
        const { sink } = await opened({ ...READINGS, ttlMs: hour });
        const origin: RowOrigin = { kind: 'window', stage: 'last_hour' };
        await expect(
          sink.write(batchOf(READINGS.columns, [['x', 1, 1, null]], origin)),
        ).rejects.toThrow('window_end');
      });
    });
  });
}
