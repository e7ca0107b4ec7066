/** Drives builder and store the way a run does, with slices cut and interleaved at random. */
import fc from 'fast-check';
import { cellOf } from '../batch.ts';
import type { KeyOrder } from '../key.ts';
import type { ClosedWindows } from './closed-windows.ts';
import type { NaiveRecord, NaiveShape } from './naive-windows.fixture.ts';
import type { NaiveWindows } from './naive-windows.fixture.ts';
import type { PartialColumns } from './partial.ts';
import type { PartialBuilder } from './partial.ts';
import type { WindowPlan } from './open-windows.ts';

export const KEYS = 5;

/** Keys are ordered against their ids, so that an order by id is seen to be wrong. */
export const order = (): KeyOrder => {
  const ids = Int32Array.from({ length: KEYS }, (_, id) => KEYS - 1 - id);
  return { ids, ranks: ids };
};

export function planOf({ size, slide, offset, grace }: NaiveShape): WindowPlan {
  return {
    shape: {
      kind: size === slide ? 'tumbling' : 'sliding',
      sizeMs: size,
      slideMs: slide,
      offsetMs: offset,
      calendar: null,
    },
    graceMs: grace,
    accumulators: [
      { kind: 'rows', slots: [], types: [] },
      { kind: 'moments', slots: [0], types: ['double'] },
      { kind: 'max', slots: [0], types: ['double'] },
      { kind: 'min_text', slots: [1], types: ['string'] },
      { kind: 'first', slots: [0], types: ['double'] },
      { kind: 'last_text', slots: [2], types: ['string'] },
      { kind: 'max_by_text', slots: [2, 0], types: ['string', 'double'] },
      { kind: 'min_by_text_over_text', slots: [2, 1], types: ['string', 'string'] },
      { kind: 'quantiles', slots: [0], types: ['double'] },
      { kind: 'distinct_set', slots: [1], types: ['string'], parameter: 3 },
    ],
    results: [
      { name: 'records', aggregate: 'count', accumulator: 0, type: 'long', nullable: false },
      { name: 'n', aggregate: 'count', accumulator: 1, type: 'long', nullable: false },
      { name: 'total', aggregate: 'sum', accumulator: 1, type: 'double', nullable: true },
      { name: 'greatest', aggregate: 'max', accumulator: 2, type: 'double', nullable: true },
      { name: 'least', aggregate: 'min', accumulator: 3, type: 'string', nullable: true },
      { name: 'first', aggregate: 'first', accumulator: 4, type: 'double', nullable: true },
      { name: 'last', aggregate: 'last', accumulator: 5, type: 'string', nullable: false },
      { name: 'high', aggregate: 'max_by', accumulator: 6, type: 'string', nullable: true },
      { name: 'low', aggregate: 'min_by', accumulator: 7, type: 'string', nullable: true },
      { name: 'median', aggregate: 'median', accumulator: 8, type: 'double', nullable: true },
      {
        ...{ name: 'different', aggregate: 'count_distinct', accumulator: 9 },
        ...{ type: 'long', nullable: false, parameter: 3 },
      },
    ],
  };
}

/** Records of one partition that are handed over together. */
export interface NaiveSlice {
  readonly partition: number;
  readonly records: readonly NaiveRecord[];
  /** What the worker is told of the partition before the slice: nothing, or all. */
  readonly told: boolean;
}

const textFor = (value: number | null): string | null =>
  value === null ? null : `v${String(value + 100)}`;

const nameOf = ({ partition, offset }: NaiveRecord): string =>
  `${String(partition)}/${String(offset)}`;

/** The table a worker makes of a slice that follows `before` (watermark of its partition). */
export function tableOf(
  builder: PartialBuilder,
  { partition, records, told }: NaiveSlice,
  shape: Pick<NaiveShape, 'outOfOrder'>,
  before: number,
): PartialColumns {
  let watermark = told ? before : -Infinity;
  const watermarks = Float64Array.from(records, ({ time }) => {
    const own = watermark;
    watermark = Math.max(watermark, time - shape.outOfOrder);
    return own;
  });
  // Two calls a slice, with a gap before each row number: rows of a frame are a selection.
  const rows = Int32Array.from(records, (_, index) => index * 2 + 1);
  const spread = (values: Float64Array): Float64Array => {
    const wide = new Float64Array(values.length * 2 + 1).fill(NaN);
    values.forEach((value, index) => (wide[index * 2 + 1] = value));
    return wide;
  };
  const values = Float64Array.from(records, ({ value }) => value ?? 0);
  const valid = new Uint8Array(records.length * 2 + 1);
  const texts: (string | null)[] = [];
  const names: (string | null)[] = [];
  records.forEach((record, index) => {
    valid[index * 2 + 1] = record.value === null ? 0 : 1;
    texts[index * 2 + 1] = textFor(record.value);
    names[index * 2 + 1] = nameOf(record);
  });
  const middle = records.length >> 1;
  for (const [from, until] of [
    [0, middle],
    [middle, records.length],
  ] as const) {
    builder.add({
      selection: { rows: rows.subarray(from, until), count: until - from },
      keys: Int32Array.from(records.slice(from, until), ({ key }) => key),
      partition,
      eventTimes: spread(Float64Array.from(records, ({ time }) => time)),
      offsets: spread(Float64Array.from(records, ({ offset }) => offset)),
      watermarks: spread(watermarks),
      vectors: [
        { kind: 'number', values: spread(values), valid },
        { kind: 'text', values: texts },
        { kind: 'text', values: names },
      ],
    });
  }
  return builder.take();
}

/** Rows as text, by `end/key/start`. */
export function rowsOf(
  closed: ClosedWindows,
  into = new Map<string, string>(),
): Map<string, string> {
  for (let row = 0; row < closed.length; row++) {
    const end = closed.windowEnd[row] as number;
    const name = `${String(end)}/${String(closed.keys[row])}/${String(closed.windowStart[row])}`;
    if (into.has(name)) throw new Error(`row ${name} came out twice`);
    into.set(name, JSON.stringify(closed.vectors.map((vector) => cellOf(vector, row))));
  }
  return into;
}

/** The oracle's rows in the same form. */
export function naiveRows({ rows }: NaiveWindows): Map<string, string> {
  return new Map([...rows].map(([name, all]) => [name, naiveRow(all)]));
}

/** The results over the records of a group, as `rowsOf` tells them. */
export const naiveRow = (all: readonly NaiveRecord[]): string => JSON.stringify(naiveCells(all));

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

function naiveCells(all: readonly NaiveRecord[]): (number | string | null)[] {
  const inOrder = all.toSorted(
    (a, b) => a.time - b.time || a.partition - b.partition || a.offset - b.offset,
  );
  const last = nameOf(inOrder.at(-1) as NaiveRecord);
  const known = inOrder.filter(({ value }) => value !== null);
  const [first] = known;
  if (first === undefined) {
    return [all.length, 0, ...[null, null, null, null], last, ...[null, null, null], 0];
  }
  const values = known.map(({ value }) => value ?? NaN);
  const greatest = Math.max(...values);
  const [least] = values.map(textFor).toSorted();
  const nameOfFirst = (wanted: string | null | undefined): string | null => {
    const found = known.find(({ value }) => textFor(value) === wanted);
    return found === undefined ? null : nameOf(found);
  };
  const total = values.reduce((a, b) => a + b, 0);
  const picked = [first.value, last, nameOfFirst(textFor(greatest)), nameOfFirst(least)];
  const different = Math.min(3, new Set(values).size);
  const collected = [medianOf(values), different];
  return [all.length, known.length, total, greatest, least ?? null, ...picked, ...collected];
}

export const sorted = (rows: Map<string, string>): [string, string][] =>
  [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));

export const shapes: fc.Arbitrary<NaiveShape> = fc
  .record({
    size: fc.integer({ min: 1, max: 12 }),
    slideSeed: fc.nat(),
    offset: fc.integer({ min: -5, max: 5 }),
    grace: fc.integer({ min: 0, max: 6 }),
    outOfOrder: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ slideSeed, ...shape }) => ({ ...shape, slide: 1 + (slideSeed % shape.size) }));

/** Slices of `partitions` partitions, in any interleaving. Times wander and jump. */
export function slices(partitions: number): fc.Arbitrary<NaiveSlice[]> {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -6, max: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: -40, max: 60 }) },
    { weight: 1, arbitrary: fc.constant(5000) },
  );
  const record = fc.record({
    step,
    key: fc.nat(KEYS - 1),
    value: fc.option(fc.integer({ min: -9, max: 9 }), { freq: 6 }),
  });
  const slice = fc.record({
    partition: fc.nat(partitions - 1),
    told: fc.boolean(),
    records: fc.array(record, { maxLength: 12 }),
  });
  return fc.array(slice, { maxLength: 14 }).map((drafts) => {
    const clocks = new Array<number>(partitions).fill(-20);
    const nextOffsets = new Array<number>(partitions).fill(0);
    return drafts.map(({ partition, told, records }) => ({
      partition,
      told,
      records: records.map(({ step, key, value }) => {
        const time = (clocks[partition] ?? 0) + step;
        clocks[partition] = Math.max(time, clocks[partition] ?? 0);
        const offset = nextOffsets[partition] ?? 0;
        nextOffsets[partition] = offset + 1;
        return { partition, offset, time, key, value };
      }),
    }));
  });
}
