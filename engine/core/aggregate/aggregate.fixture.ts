/** Aggregates over cells: cut into parts, added, merged in some order, read. */
import fc from 'fast-check';
import type { Cell, ColumnType, Vector } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { RecordOrder } from './accumulator.ts';
import { CollectionColumn } from './collection-column.ts';
import { layoutOf, statesOf } from './layout.ts';
import { aggregateOf } from './registry.ts';
import { StateRows } from './state-rows.ts';

/** The cells as a column; texts as UTF-8 if `bytes`. */
export function vectorOf(cells: readonly Cell[], type: ColumnType, bytes = false): Vector {
  if (type !== 'string') {
    return {
      kind: 'number',
      values: Float64Array.from(cells, (cell) => (typeof cell === 'number' ? cell : 0)),
      valid: cells.includes(null) ? Uint8Array.from(cells, (c) => (c === null ? 0 : 1)) : null,
    };
  }
  if (!bytes) return { kind: 'text', values: cells as (string | null)[] };
  const pieces = cells.map((cell) => encodeUtf8(String(cell ?? '')));
  const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((n, p) => n + p.length, 0));
  return {
    kind: 'bytes',
    bytes: Uint8Array.from(pieces.flatMap((piece) => [...piece])),
    start: Int32Array.from(cells, (cell, i) => (cell === null ? -1 : (ends[i - 1] ?? 0))),
    end: Int32Array.from(ends),
  };
}

/** How cells are handed over. */
export interface Handling {
  readonly parts: number;
  /** The order in which parts are merged. */
  readonly order: (a: number, b: number) => number;
  /** Of accumulators that fit, the first if ''. */
  readonly kind: string;
  readonly bytes: boolean;
  /** The literal of the call. */
  readonly parameter: number;
  /** Merged state crosses a thread and lies in a snapshot on its way. */
  readonly packed: boolean;
}

/** One input of an aggregate. */
export interface InputColumn {
  readonly type: ColumnType;
  readonly cells: readonly Cell[];
}

/** Where records come from: by default one partition, offsets and event times rising. */
export interface Origin {
  readonly partitions: readonly number[];
  readonly eventTimes: readonly number[];
  readonly offsets: readonly number[];
}

/**
 * The result of an aggregate over cells that are cut into parts, added one part after the other to
 * groups of their own, and merged in the order of `order`.
 */
export function resultOf(
  name: string,
  type: ColumnType,
  cells: readonly Cell[],
  handling: Partial<Handling> = {},
): Cell | undefined {
  return resultOver(name, [{ type, cells }], handling);
}

/** As resultOf, for any number of inputs. A part is of one partition if `origin` says so. */
export function resultOver(
  name: string,
  inputs: readonly InputColumn[],
  handling: Partial<Handling> = {},
  origin?: Origin,
): Cell | undefined {
  const { parts = 1, order = ascending, kind = '', bytes = false } = handling;
  const { parameter = 0, packed = false } = handling;
  const aggregate = aggregateOf(name);
  const types = inputs.map(({ type }) => type);
  const chosen = kind === '' ? (aggregate.accumulators(types)[0] as string) : kind;
  const layout = layoutOf([
    { kind: chosen, slots: types.map((_, slot) => slot), types, parameter },
  ]);
  const rows = new StateRows(layout, 1);
  const vectors = inputs.map(({ cells, type }) => vectorOf(cells, type, bytes));
  const length = inputs[0]?.cells.length ?? 0;
  const counted = Array.from({ length }, (_, i) => i);
  const { partitions, eventTimes, offsets } = origin ?? {
    partitions: counted.map(() => 0),
    ...{ eventTimes: counted, offsets: counted },
  };
  const groups = [...Map.groupBy(counted, (i) => `${i % parts}/${partitions[i] ?? 0}`).values()];
  groups.forEach((own, part) => {
    rows.open();
    const pairs = {
      into: new Int32Array(own.length).fill(part),
      from: Int32Array.from(own),
      count: own.length,
    };
    const records: RecordOrder = {
      partition: partitions[own[0] ?? 0] ?? 0,
      eventTimes: Float64Array.from(eventTimes),
      offsets: Float64Array.from(offsets),
    };
    const [state] = rows.states;
    if (state !== undefined) {
      layout.placed[0]?.accumulator.add(state, pairs, { vectors, order: records });
    }
  });
  if (packed) {
    rows.collections = rows.collections.map((column) =>
      new CollectionColumn(column.kind).decode(column.encode(groups.length)),
    );
    rows.states = statesOf(layout, rows);
  }
  const total = new StateRows(layout, 1);
  total.open();
  const from = Int32Array.from(groups, (_, i) => i).sort(order);
  total.merge(rows, { into: new Int32Array(from.length), from, count: from.length });
  const type = aggregate.resultType(types);
  const finish = aggregate.finish(chosen, { type, parameter });
  return finish(total.states[0] as (typeof total.states)[0], 0);
}

const ascending = (a: number, b: number): number => a - b;

/** Any way to cut and to merge. */
export const cuts = fc.record({
  parts: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom(ascending, (a: number, b: number) => b - a),
  packed: fc.boolean(),
});
